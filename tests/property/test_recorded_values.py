"""Whatever `record` acknowledges is valid, listed, comparable with its equal, and can be packed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obrelease import Inconclusive, Latencies, Metric, ObreleaseError, Registry, compare, record
from obrelease.analysis.summary.read_run import read_run
from obrelease.bundle.writer import BundleSource, write_bundle
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.storage.hashing import digest_file

WORDS = st.text("abcXYZ019 _-", min_size=3, max_size=20)
TRICKY_WORDS = st.text(max_size=70) | st.sampled_from(["con", "a.", "gr\u00f6\u00dfe", "x" * 64, "x" * 65])
TRICKY_NUMBERS: st.SearchStrategy[Any] = (
    st.floats() | st.integers() | st.sampled_from([5e-324, 1.7e308, 2**53, True, None, "1", np.float32(1.5)])
)
TRICKY_PATHS = st.text("aA0./_-\\ ", max_size=110) | st.sampled_from(
    ["nul.txt", "a/aux/b", "a" * 100, "a" * 101, "b/" * 60 + "c", "artefact.json"]
)


def metrics(*, tricky: bool) -> st.SearchStrategy[Metric]:
    numbers = TRICKY_NUMBERS if tricky else st.floats(5e-324, 1e300) | st.integers(-(2**53) + 1, 2**53 - 1)
    samples = st.lists(numbers.filter(lambda n: tricky or not 2**53 <= n < 1e21), min_size=1, max_size=4)
    units = st.sampled_from(["ms", "s", "req/s", "%", *(["\u00b5s", "two words", ""] if tricky else [])])
    better = st.sampled_from([None, "higher", "lower", *(["bigger", True] if tricky else [])])
    return st.builds(Metric, TRICKY_WORDS if tricky else WORDS, units, samples, better)


def latencies(*, tricky: bool) -> st.SearchStrategy[Latencies]:
    values = st.integers(-1, 2**64) if tricky else st.integers(0, 3_600_000_000_000)
    clocks = st.sampled_from(["service", "response", *(["wall"] if tricky else [])])
    return st.builds(Latencies, TRICKY_WORDS if tricky else WORDS, st.lists(values, min_size=1), clocks)


@st.composite
def arguments(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `record`, of which at most one is tricky."""
    tricky = draw(st.sampled_from(["", "scenario", "metrics", "histograms", "files", "labels", "created_ns"]))
    words = TRICKY_WORDS if tricky == "scenario" else WORDS
    paths = TRICKY_PATHS if tricky == "files" else st.from_regex(r"[a-m]{1,9}(/[n-z]{1,9})?", fullmatch=True)
    keys = st.text("aA0. ", max_size=60) if tricky == "labels" else st.text("a0.", min_size=1, max_size=9)
    values = TRICKY_NUMBERS if tricky == "labels" else st.booleans() | st.text(max_size=5)
    times = st.integers(-1, 2**64) if tricky == "created_ns" else st.integers(0, 2**63 - 1)
    return {
        "scenario": draw(words),
        "metrics": draw(st.lists(metrics(tricky=tricky == "metrics"), min_size=1, max_size=2)),
        "histograms": draw(st.lists(latencies(tricky=tricky == "histograms"), max_size=1)),
        "files": draw(st.dictionaries(paths, st.binary(max_size=9), max_size=2)),
        "labels": draw(st.dictionaries(keys, values, max_size=2)),
        "created_ns": draw(times),
    }


@given(arguments())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_acknowledged_can_be_used(given_arguments: dict[str, Any]) -> None:
    """Rule: `record` raises an error of the package, or gives a run that every reader accepts."""
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder) / "results")
        try:
            entries = [
                record(**given_arguments, producer="p", version="1", registry=registry, command=[str(number)])
                for number in range(2)
            ]
        except ObreleaseError:
            assert registry.find() == ()
            return
        assert registry.validate().problems == registry.fsck().problems == ()
        assert {entry.digest for entry in registry.find()} == {entry.digest for entry in entries}
        assert registry.to_pandas()["created"].notna().all()
        assert len(registry.metrics_to_pandas()) >= 0
        _compare(entries)
        _pack(entries, Path(folder) / "bundle.tar.gz")


def _compare(entries: list[Any]) -> None:
    runs = [read_run(Registry(e.root).load(e), digest=e.digest, folder=e.folder) for e in entries]
    no_ratio = [min(metric.samples) <= 0 for run in runs for metric in run.metrics.values()]
    try:
        report = compare([entries[0]], [entries[1]])
    except Inconclusive:
        assert any(no_ratio) or any(run.left_out for run in runs)
        return
    ratios = [metric.ratio for metric in report.single.metrics]
    assert all(ratio == pytest.approx(1) or (ratio is None and any(no_ratio)) for ratio in ratios)


def _pack(entries: list[Any], target: Path) -> None:
    sources = []
    for entry in entries:
        for path in [file.path for file in Registry(entry.root).load(entry).files] + [ENVELOPE_NAME]:
            sha256, size = digest_file(entry.folder / path)
            sources.append(
                BundleSource(f"results/{entry.location}/{path}", entry.folder / path, size, sha256)
            )
    written = write_bundle(target, f"{'p' * 30}-v1.0.0-rc", sources, lambda _: None)
    assert written.size == target.stat().st_size
