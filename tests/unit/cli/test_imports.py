"""The text of an import: facts with their sources, rows that are left out, one line a run for many."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from obrelease.api.import_files import import_results
from obrelease.cli.app import execute
from obrelease.cli.rendering.imports import import_text
from obrelease.errors import ExitCode
from tests.tool_files import COMMIT, google_file, google_row, hyperfine_file, hyperfine_result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, document: object) -> str:
    Path(name).write_text(json.dumps(document))
    return name


def test_a_run_in_detail() -> None:
    rows = [
        google_row("BM_Fine", 1.0),
        *(google_row(f"BM_{n}", 0.0, error_occurred=True, error_message="no\x1b[2J disk") for n in range(7)),
    ]
    name = write("a.json", google_file(*rows, git_sha=COMMIT))
    report = import_results(name, labels={"runner": "ci"})
    lines = import_text(report).splitlines()
    assert lines[0] == "a.json: google-benchmark, 2 metrics, recorded"
    assert lines[1] == f"  artefact  {report.entry.digest}"
    assert lines[3:] == [
        "  title     book_bench",
        "  measured  2026-01-02T03:04:05Z (from the file)",
        f"  commit    {COMMIT[:12]} (from the file)",
        "  host      lab-7 (from the file)",
        "  label     runner=ci (given)",
        *(f"  left out  BM_{n}: failed: no\\x1b[2J disk" for n in range(5)),
        "  left out  2 more rows; --json names all",
    ]


def test_facts_that_are_unknown() -> None:
    report = import_results(write("a.json", hyperfine_file(hyperfine_result("app", [0.5]))), dry_run=True)
    text = import_text(report)
    assert text.startswith("a.json: hyperfine, 3 metrics, would be recorded\n  title     hyperfine\n")
    assert "(when the file was written)\n  commit    unknown\n  host      unknown\n" in text
    assert "note      no commit: the file names none, and no repository" in text


def test_many_runs_have_a_line_each() -> None:
    files = [write(f"{n:02d}.json", hyperfine_file(hyperfine_result("app", [0.5 + n]))) for n in range(11)]
    first = import_results(files[0])
    lines = import_text(import_results([*files, write("bad.json", {})], keep_going=True)).splitlines()
    assert lines[0] == f"{first.entry.digest[:12]}  00.json: 3 metrics, recorded before"
    assert lines[1].endswith("  01.json: 3 metrics, recorded")
    assert lines[-2] == "bad.json: refused: is of no format that is recognised"
    assert lines[-1] == "11 runs: 10 recorded, 1 recorded before, 1 file refused"


def test_the_command_ends_with_an_error_if_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    write("good.json", hyperfine_file(hyperfine_result("app", [0.5])))
    write("bad.json", {})
    assert execute(["import", "good.json", "bad.json", "--json"]) == ExitCode.INVALID_INPUT
    assert "error" in json.loads(capsys.readouterr().out)
    assert execute(["import", "good.json", "bad.json", "--keep-going", "--json"]) == ExitCode.INVALID_INPUT
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert [run["recorded"] for run in document["runs"]] == [True]
    assert document["refused"][0]["file"] == "bad.json"
    assert "1 of 2 files refused; the first is bad.json: is of no format" in shown.err


@pytest.mark.parametrize("label", ["novalue", "=x", "a=1,a=2"])
def test_a_label_that_is_none_is_a_usage_error(label: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("good.json", hyperfine_file(hyperfine_result("app", [0.5])))
    words = [word for each in label.split(",") for word in ("--label", each)]
    assert execute(["import", "good.json", *words]) == ExitCode.USAGE
    assert "label" in capsys.readouterr().err


def test_the_usage_names_files_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["import", "--help"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("Usage: obrelease import [OPTIONS] FILE...\n")


def test_the_next_step_says_what_a_comparison_needs(capsys: pytest.CaptureFixture[str]) -> None:
    def step(commit: str, *values: float) -> str:
        rows = [
            write(f"{commit[0]}{n}.json", google_file(google_row("BM", n), git_sha=commit)) for n in values
        ]
        assert execute(["import", *rows]) == ExitCode.OK
        return " ".join(capsys.readouterr().err.split())

    first, second = "a" * 40, "b" * 40
    assert "next: 0 + 1 runs cannot show anything; 4 + 4 could" in step(first, 1.0)
    assert "--format google-benchmark -- COMMAND" in step(first, 2.0, 3.0, 4.0)
    assert "next: 4 + 1 runs cannot show anything" in step(second, 5.0)
    said = step(second, 6.0, 7.0, 8.0)
    command = f"diff 'scenario=book_bench commit={first[:12]}' 'scenario=book_bench commit={second[:12]}'"
    assert f"next: `obrelease {command}` compares 4 + 4 runs" in said
    assert execute([*shlex.split(command), "--same-host"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert "base  4 runs, commit aaaaaaaaa" in out
    assert "head  4 runs, commit bbbbbbbbb" in out
