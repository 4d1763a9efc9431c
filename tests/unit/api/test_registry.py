"""The registry of the API: filters as text and keywords, names, tables, and safe garbage collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease import InvalidInput, Latencies, Metric, NotFound, Registry, UsageError, record
from obrelease.registry.filter import FILTER_KEYS
from obrelease.registry.store import Registry as Store
from tests.drafts import draft, run_files
from tests.unit.release.project import git


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three runs of two scenarios."""
    store = Store(tmp_path / "results")
    for number, scenario in enumerate(("baseline", "baseline", "x10")):
        store.record(draft(number, scenario=scenario), run_files(number))
    return Registry(store.root)


def test_open_wants_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Registry.open(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError):
        Registry.open(tmp_path / "file")


def test_filters_as_text_and_as_keywords_are_one_language(registry: Registry) -> None:
    assert len(registry.find()) == 3
    assert len(registry.find(limit=2)) == 2
    assert (
        registry.find("scenario=x10")
        == registry.find(scenario="x10")
        == registry.find("kind=bench scenario=x10")
    )
    assert len(registry.find("kind=bench", scenario="baseline", dirty=False, core=None)) == 2
    assert registry.find(dirty=True) == ()


def test_every_key_of_the_filter_language_is_a_keyword(registry: Registry) -> None:
    values = {"digest": "ab", "commit": "ab", "events": "ab", "since": "2026-10-01", "until": "2026-10-01"}
    values |= {"dirty": "no", "checks": "passed"}
    for key in FILTER_KEYS:
        registry.find(**{key: values.get(key, "text")})
    with pytest.raises(UsageError, match="color"):
        registry.find(color="red")
    with pytest.raises(UsageError, match="given twice"):
        registry.find("kind=bench", kind="bench")


def test_a_run_by_entry_or_by_name(registry: Registry) -> None:
    entry = registry.resolve("latest")
    assert registry.load(entry) == registry.load(entry.digest[:8]) == registry.load("latest")
    registry.pin("best", "latest")
    assert registry.pins() == {"best": entry.digest}
    assert registry.resolve("best") == entry
    registry.unpin("best")
    assert registry.pins() == {}


def test_to_pandas_has_a_row_for_each_run(registry: Registry) -> None:
    frame = registry.to_pandas(scenario="baseline")
    assert list(frame["digest"]) == [entry.digest for entry in registry.find(scenario="baseline")]


def test_gc_changes_nothing_by_default(registry: Registry) -> None:
    report = registry.gc(grace="0s")
    assert not report.removed
    assert len(report.runs) == len(registry.find()) == 3
    assert report.to_json()["removed"] is False
    assert registry.gc().runs == ()
    with pytest.raises(UsageError, match="not a time"):
        registry.gc(grace="soon")


def test_gc_keeps_pinned_and_tracked_runs_by_default(registry: Registry, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    tracked, pinned, removed = registry.find()
    git(tmp_path, "add", "--force", str(tracked.folder))
    registry.pin("kept", pinned)
    report = registry.gc(grace="0s", remove=True)
    assert [run.entry for run in report.runs] == [removed]
    assert set(registry.find()) == {tracked, pinned}
    reasons = {kept.entry.digest: kept.reasons for kept in report.plan.protected}
    assert reasons == {tracked.digest: ("tracked by git",), pinned.digest: ("pin kept",)}


def test_fsck_and_reindex(registry: Registry) -> None:
    assert registry.fsck().problems == ()
    assert registry.reindex() == 3
    (registry.resolve("latest").folder / "extra").touch()
    assert [problem.rule for problem in registry.fsck().problems] == ["extra"]
    assert [problem.rule for problem in registry.validate().problems][-1:] == ["extra"]


def test_metrics_to_pandas_has_a_row_for_each_figure(tmp_path: Path) -> None:
    metrics = [Metric("time", "ms", [1.0, 3.0, 2.0]), Metric("hits", "percent", [97.0], better="higher")]
    histograms = [Latencies("request", list(range(1_000, 2_000)))]
    entry = record(
        "parse", producer="p", version="1", metrics=metrics, histograms=histograms, registry=tmp_path / "runs"
    )
    frame = Registry.open(tmp_path / "runs").metrics_to_pandas().set_index("metric")
    assert set(frame["digest"]) == {entry.digest}
    assert frame.loc["time", ["unit", "direction", "value", "samples"]].tolist() == ["ms", "lower", 2.0, 3]
    assert frame.loc["hits", ["unit", "direction", "value", "samples"]].tolist() == [
        "percent",
        "higher",
        97,
        1,
    ]
    assert any(name.startswith("request") and name.endswith("p99") for name in frame.index)


def test_labels_are_those_that_were_recorded(tmp_path: Path) -> None:
    entry = record(
        "parse",
        producer="p",
        version="1",
        metrics=[Metric("time", "ms", [1.0])],
        labels={"compiler": "clang-19"},
        registry=tmp_path / "runs",
    )
    assert Registry.open(tmp_path / "runs").labels(entry) == {"compiler": "clang-19"}


def test_an_invalid_registry_names_its_first_problem(registry: Registry) -> None:
    with pytest.raises(InvalidInput, match=r"3 problems in 3 .*; the first is .*artefact\.json: numbers"):
        registry.validate().require_valid()
