"""Queries in their own process: the answer, and what happens when one takes too much or the process dies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.analytics import query_process
from obrelease.analytics.query_process import QueryLimits, limits_of, run_query
from obrelease.errors import NotFound, UsageError
from tests.unit.analytics.made_up_export import make_export


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("it's an export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place / "home"))
        make_export(place / "export", place / "results")
    return place / "export"


def test_an_answer_has_columns_types_and_rows(export: Path) -> None:
    found = run_query(
        export, "SELECT run, dirty, checks_failed FROM runs ORDER BY run_id", QueryLimits(rows=2)
    )
    assert (found.columns, found.types) == (
        ("run", "dirty", "checks_failed"),
        ("VARCHAR", "BOOLEAN", "INTEGER"),
    )
    assert found.rows == (("aa" * 32, False, 0), ("aa" * 31 + "bb", True, 1))
    assert not found.complete


@pytest.mark.parametrize(
    ("sql", "limits", "message"),
    [
        ("SELECT count(*) FROM range(1000000000000)", QueryLimits(seconds=1), "did not end within 1 s"),
        ("SELECT repeat('x', 4000000000)", QueryLimits(memory_bytes=2**27), "Out of Memory|without a result"),
        (
            "SELECT * FROM read_text('/etc/hostname')",
            QueryLimits(),
            "the function 'read_text' cannot be used",
        ),
        ("SELECT nonsense FROM runs", QueryLimits(), "nonsense"),
        ("SELECT repeat('x', 1000000) FROM range(100)", QueryLimits(), "the result has more than"),
    ],
)
def test_what_cannot_be_answered_is_an_error(
    export: Path, sql: str, limits: QueryLimits, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as found:
        run_query(export, sql, limits)
    assert str(export) not in found.value.message


def test_a_damaged_file_is_an_error(export: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in export.iterdir():
        (copy / path.name).write_bytes(
            path.read_bytes()[:-40] if path.name == "runs.parquet" else path.read_bytes()
        )
    with pytest.raises(UsageError, match=r"cannot be run: .*runs\.parquet"):
        run_query(copy, "SELECT count(*) FROM runs", QueryLimits())


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", r"without a result \(signal 11\)"),
        ("import os; os._exit(3)", r"without a result"),
        ("print('[]')", "without a result"),
        ("import sys; sys.stdout.write('x' * 3000)", "without a result"),
        ("import os; print(os.environ.get('HOME'), os.environ.get('TOKEN'), file=sys.stderr)", "without"),
    ],
)
def test_a_process_that_dies_or_talks_nonsense(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    (tmp_path / "program.py").write_text(f"import sys\nsys.stdin.readline()\n{program}\n")
    monkeypatch.setattr(query_process, "_PROGRAM", tmp_path / "program.py")
    monkeypatch.setattr(query_process, "MAX_RESULT_BYTES", 2_000)
    with pytest.raises(UsageError, match=message):
        run_query(export, "SELECT 1", QueryLimits(seconds=20))


def test_the_process_inherits_no_variable(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBRELEASE_GITHUB_TOKEN", "canary")
    program = tmp_path / "program.py"
    program.write_text(
        "import json, os, sys\nsys.stdin.readline()\n"
        'print(json.dumps({"columns": [], "types": [], "rows": [sorted(os.environ)], "complete": True}))\n'
    )
    monkeypatch.setattr(query_process, "_PROGRAM", program)
    (names,) = run_query(export, "SELECT 1", QueryLimits()).rows
    assert set(names) <= {"HOME", "LC_ALL", "LC_CTYPE", "PYTHONPATH"}
    assert "OBRELEASE_GITHUB_TOKEN" in os.environ


@pytest.mark.parametrize("limits", [(0, 1, 2**30), (2_000_000, 1, 2**30), (1, 0, 2**30), (1, 1, 2**20)])
def test_limits_that_make_no_sense_are_refused(limits: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="it is between"):
        limits_of(*limits)


@pytest.mark.parametrize("sql", ["", "  ", "SELECT 1\0", "SELECT " + "1," * 40_000 + "1"])
def test_a_query_that_is_none_is_refused(export: Path, sql: str) -> None:
    with pytest.raises(UsageError):
        run_query(export, sql, QueryLimits())


def test_a_folder_that_is_no_export_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is not an export"):
        run_query(tmp_path, "SELECT 1", QueryLimits())
