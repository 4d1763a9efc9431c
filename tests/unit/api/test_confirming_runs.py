"""A report decides by the runs that the verdict of `measure --confirm` rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.api.change_report import report_comparison
from obrelease.api.confirming_runs import CONFIRMATION, ROUND_LABEL
from obrelease.api.import_files import import_results
from tests.tool_files import google_file, google_row

BASE, HEAD = "a" * 40, "b" * 40


def record(commit: str, program: str, value: float, *, again: bool = False) -> None:
    """Four runs of a program at a commit, as of the first or of the second measurement."""
    for number in range(4):
        path = Path("run.json")
        row = google_row("BM_Match", value * (1 + number / 1_000 + again / 10_000))
        path.write_text(json.dumps(google_file(row, git_sha=commit, executable=program)))
        import_results(path, labels={ROUND_LABEL: CONFIRMATION} if again else None)


def headline(*, confirmed: bool) -> str:
    found = report_comparison(f"commit={BASE}", f"commit={HEAD}", same_host=True, confirmed=confirmed)
    return found.text.splitlines()[0].removeprefix("### ")


def test_a_false_alarm_that_was_not_confirmed_is_not_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record(BASE, "parse", 100.0)
    record(HEAD, "parse", 130.0)
    assert headline(confirmed=True) == headline(confirmed=False) == "Benchmarks: 1 worse"
    record(BASE, "parse", 100.0, again=True)
    assert headline(confirmed=True) == "Benchmarks: 1 worse", "one side alone is no second measurement"
    record(HEAD, "parse", 100.0, again=True)
    assert headline(confirmed=True) == "Benchmarks: 1 same"
    assert headline(confirmed=False) != headline(confirmed=True)


def test_a_workload_that_was_measured_once_keeps_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for commit, value in ((BASE, 100.0), (HEAD, 130.0)):
        record(commit, "parse", value)
        record(commit, "parse", value, again=True)
        record(commit, "print", 100.0)
    assert headline(confirmed=True) == "Benchmarks: 1 worse, 1 same"
