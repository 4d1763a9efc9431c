"""`obrelease.measure` as a function: arguments, Python functions, and what it records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import obrelease
from obrelease.errors import NotFound, UsageError
from obrelease.registry.store import Registry


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "project"


def work() -> int:
    return sum(range(100))


def test_a_function_is_measured_in_processes_of_its_own(project: Path) -> None:
    report = obrelease.measure(work, runs=2, executions=3, labels={"size": 100})
    registry = Registry(project / "results")
    runs = [registry.load(entry) for entry in registry.find()]
    assert [run.title for run in runs] == ["work", "work"]
    assert {entry.digest for entry in report.head} == {entry.digest for entry in registry.find()}
    assert {len(run.metrics[0].samples) for run in runs} == {3}
    assert runs[0].host.stable.python != "none", "the Python that measured matters for a function"
    assert runs[0].label_values == {"size": 100}
    assert (report.base, report.comparison, report.passed) == ((), None, True)
    assert report.rows[0].name == "wall time"
    assert report.rows[0].samples == 6
    assert report.rows[0].minimum <= report.rows[0].median <= report.rows[0].maximum


def test_words_and_a_text_are_commands(project: Path) -> None:
    words = obrelease.measure(["sleep", "0.01"], runs=1, executions=1)
    text = obrelease.measure("sleep 0.01; true", runs=1, executions=1, title="pause")
    assert (words.title, text.title) == ("sleep 0.01", "pause")
    registry = Registry(project / "results")
    commands = {run.title: run.command for run in map(registry.load, registry.find())}
    assert commands["pause"] == ("obrelease", "measure", "--", "sleep 0.01; true")
    assert "metrics" in words.to_json()


@pytest.mark.parametrize(
    ("what", "options", "error", "message"),
    [
        (work, {"against": "HEAD"}, UsageError, "no commit"),
        (work, {"environment": {"A": "1"}}, UsageError, "no commit"),
        (["sleep", 1], {}, UsageError, "must be texts"),
        ([], {}, UsageError, "empty"),
        ("", {}, UsageError, "empty"),
        ("true", {"title": " "}, UsageError, "characters"),
        ("true", {"threshold_percent": 0.0}, UsageError, "threshold"),
        ("true", {"policy": "absent.toml"}, NotFound, r"absent\.toml"),
        ("true", {"runs": 101}, UsageError, "from 1 to 100"),
        ("true", {"files": ["*.json"]}, UsageError, "need a format"),
        ("true", {"folder": "absent"}, NotFound, "does not exist"),
        ("true", {"against": "HEAD"}, NotFound, "work tree"),
    ],
)
def test_wrong_arguments_are_named(
    what: Any, options: dict[str, Any], error: type[Exception], message: str, project: Path
) -> None:
    with pytest.raises(error, match=message):
        obrelease.measure(what, **options)
    assert not (project / "results").exists()
