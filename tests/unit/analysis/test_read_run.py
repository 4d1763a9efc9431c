"""The one reader of runs: metrics, directions and histograms, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from obrelease.analysis.comparison.compare import compare
from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Metric
from obrelease.errors import Inconclusive, IntegrityError
from obrelease.models.artefact import Artefact, RecordedMetric, own_series
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, histogram_ref


def imported(*metrics: RecordedMetric) -> Artefact:
    return draft(kind="imported", metrics=metrics, parameters={}, workload=None)


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Artefact, Entry]:
    """A run with a histogram of service times and two of response times."""
    refs, files = [], []
    for name, clock, count in (("first", "service", 3), ("few", "response", 2), ("many", "response", 4)):
        path = f"{name}.hlog"
        fields = {"id": name, "tag": name, "path": path, "clock": clock, "count": count}
        refs.append(histogram_ref().model_copy(update=fields))
        hlog = encode(np.arange(1, count + 1, dtype=np.int64) * 100).hlog
        files.append(NewFile(path, "text/plain", hlog))
    registry = Registry(tmp_path)
    entry = registry.record(draft(histograms=tuple(refs)), files)
    return registry.load(entry), entry


def test_own_runs_have_their_throughput(tmp_path: Path) -> None:
    run = read_run(draft(), digest="d", folder=tmp_path)
    assert run.metrics == {
        "throughput": Metric("throughput", "throughput", "msg/s", "higher", (1e6, 2e6, 5e5))
    }
    assert (run.throughput_msg_s, run.passes, run.latency) == (1_000_000, 3, None)
    assert run.name == "bench baseline reference"


def test_each_measurement_of_another_tool_is_a_metric_and_times_are_nanoseconds(tmp_path: Path) -> None:
    artefact = imported(
        own_series("sort", "ms", (2, 3.5)),
        own_series("rate", "req/s", (9,)),
        own_series("zero", "ns", (0,)),
    )
    run = read_run(artefact, digest="d", folder=tmp_path)
    assert run.metrics == {
        "sort": Metric("sort", "sort", "ns", "lower", (2e6, 3.5e6)),
        "rate": Metric("rate", "rate", "req/s", "higher", (9.0,)),
        "zero": Metric("zero", "zero", "ns", "lower", (0.0,)),
    }
    assert run.left_out == ()


def test_a_run_is_summarised_by_its_largest_histogram_of_response_times(
    recorded: tuple[Artefact, Entry],
) -> None:
    artefact, entry = recorded
    run = read_run(artefact, digest=entry.digest, folder=entry.folder)
    assert [*run.histograms] == ["first", "few", "many"]
    assert run.latency is not None
    assert (run.latency.histogram, run.latency.clock) == ("many", "response")
    assert (run.latency.figures.count, run.latency.figures.p50_ns) == (4, 200)


def test_summary_figures_need_one_histogram_and_the_others_are_named_as_left_out(
    recorded: tuple[Artefact, Entry],
) -> None:
    artefact, entry = recorded
    (entry.folder / "first.hlog").unlink()
    run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
    assert [*run.histograms] == ["many"]
    assert run.left_out == ("few: not read", "first: not read")
    with pytest.raises(IntegrityError, match=r"first\.hlog: the artefact lists it, and it is missing"):
        read_run(artefact, digest=entry.digest, folder=entry.folder)


def test_another_file_than_the_listed_one_is_refused(recorded: tuple[Artefact, Entry]) -> None:
    artefact, entry = recorded
    (entry.folder / "many.hlog").write_bytes((entry.folder / "few.hlog").read_bytes())
    with pytest.raises(IntegrityError, match=r"many\.hlog: is not the file that the artefact lists"):
        read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)


def test_a_histogram_of_another_unit_is_left_out(tmp_path: Path) -> None:
    artefact = draft(histograms=(histogram_ref().model_copy(update={"unit": "cycles"}),))
    run = read_run(artefact, digest="d", folder=tmp_path)
    assert (run.latency, run.histograms) == (None, {})
    assert run.left_out == ("latency: its unit is cycles, not ns",)


def test_metrics_without_a_common_direction_do_not_compare(tmp_path: Path) -> None:
    hits = own_series("hits", "%", (9,))
    base, head = (
        read_run(imported(hits.model_copy(update={"direction": direction})), digest=digest, folder=tmp_path)
        for digest, direction in (("a", "lower"), ("b", "higher"))
    )
    with pytest.raises(Inconclusive, match="no such metric in common"):
        compare([base], [head])
