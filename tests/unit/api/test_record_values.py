"""`record`: any numbers as one run, with labels, files, directions and the caller's commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease import (
    Entry,
    InvalidInput,
    Latencies,
    Metric,
    NotFound,
    Registry,
    UsageError,
    compare,
    record,
)
from tests.unit.release.project import git

TIME = Metric("Parse time", "ms", [1.9, 1.8])


def test_a_run_has_all_that_was_given(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "results")
    (tmp_path / "notes").write_text("by hand")
    entry = record(
        "Parse JSON",
        producer="My Parser",
        version="2.1",
        metrics=[TIME, Metric("hits", "percent", [97], better="higher")],
        histograms=[Latencies("request", [100, 200, 300], clock="response")],
        files={"notes.txt": tmp_path / "notes", "raw/data.bin": b"\0"},
        labels={"compiler": "clang-19", "lto": True},
        command=("parse", "--fast"),
        registry=registry,
        created_ns=17,
    )
    artefact = registry.load(entry)
    assert (artefact.kind, artefact.scenario, artefact.created_ns) == ("imported", "parse-json", "17")
    assert (artefact.producer.name, artefact.producer.version) == ("my-parser", "2.1")
    assert artefact.producer.commit is None
    assert artefact.command == ("parse", "--fast")
    assert artefact.title == "Parse JSON"
    assert artefact.label_values == {"compiler": "clang-19", "lto": True}
    assert artefact.sources.created == "user"
    assert [series.name for series in artefact.metrics] == ["Parse time", "hits"]
    assert [(ref.name, ref.clock, ref.count) for ref in artefact.histograms] == [("request", "response", 3)]
    media_types = {file.path: file.media_type for file in artefact.files}
    assert media_types["notes.txt"] == "text/plain"
    assert media_types["raw/data.bin"] == "application/octet-stream"
    assert registry.validate().problems == ()


def test_the_same_run_twice_is_one(tmp_path: Path) -> None:
    def recorded() -> str:
        return record(
            "s", producer="p", version="1", metrics=[TIME], registry=tmp_path / "r", created_ns=1
        ).digest

    first = recorded()
    registry = Registry(tmp_path / "r")
    kept = registry.load(first)
    assert [registry.load(entry).metrics for entry in registry.find()] == [kept.metrics]


def test_the_commit_of_the_repository(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        record("s", producer="p", version="1", metrics=[TIME], registry=tmp_path / "r", repository=tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "made up")
    (tmp_path / "file").touch()
    entry = record(
        "s", producer="p", version="1", metrics=[TIME], registry=tmp_path / "r", repository=tmp_path
    )
    assert (entry.commit, entry.dirty) == (git(tmp_path, "rev-parse", "HEAD"), True)


def test_nothing_to_record_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to record"):
        record("s", producer="p", version="1", registry=tmp_path / "r")
    with pytest.raises(UsageError, match="no samples"):
        record("s", producer="p", version="1", metrics=[Metric("m", "ns", [])], registry=tmp_path / "r")
    with pytest.raises(InvalidInput):
        record("s", producer="p", version="1", metrics=[Metric("m", "", [1])], registry=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_labels_do_not_decide_whether_runs_compare(tmp_path: Path) -> None:
    def recorded(compiler: str, number: int) -> Entry:
        labels = {"compiler": compiler}
        metric = Metric("parse-time", "ms", [2 + number])
        return record(
            "s", producer="p", version="1", metrics=[metric], labels=labels, registry=tmp_path / "r"
        )

    report = compare([recorded("gcc", 1)], [recorded("clang", 2)])
    assert [metric.name for metric in report.single.metrics] == ["parse-time"]
