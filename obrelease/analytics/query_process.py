"""Runs one SQL query over an export in a process of its own: see `query_sandbox`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.analytics.duckdb_library import require_duckdb
from obrelease.analytics.export_folder import read_description
from obrelease.errors import UsageError
from obrelease.models.finding import printable
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors

MAX_SQL_BYTES: Final = 65_536
MAX_RESULT_BYTES: Final = 64 * 2**20
MAX_ROWS: Final = 1_000_000
DEFAULT_MEMORY_BYTES: Final = 2**30

_PROGRAM: Final = Path(__file__).with_name("query_sandbox.py")
_HINT: Final = "docs/analytics.md has the tables, and what a query may use"


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """The most that one query may take.

    Attributes:
        rows: of the result; more are left out.
        seconds: by the clock.
        memory_bytes: that DuckDB may use.
    """

    rows: int = 10_000
    seconds: int = 60
    memory_bytes: int = DEFAULT_MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The result of a query.

    Attributes:
        columns: their names.
        types: their types, as DuckDB names them.
        rows: values as JSON has them: times and integers beyond 2^53 - 1 are text, NaN is None.
        complete: False if there are more rows than the limit.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    complete: bool

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease query --json` prints."""
        return {
            "columns": list(self.columns),
            "types": list(self.types),
            "rows": [list(row) for row in self.rows],
            "complete": self.complete,
        }


def run_query(folder: Path, sql: str, limits: QueryLimits) -> QueryResult:
    """The result of one SELECT over the tables of an export.

    Raises:
        UsageError: the query is not one SELECT, names what it may not use, is wrong, or exceeds a limit;
            or DuckDB is not installed.
        NotFound, InvalidInput: the folder is not an export.
        StorageError: the process cannot be started.
    """
    if sys.platform == "win32":
        refuse_windows("`obrelease query`")
    require_duckdb()
    read_description(folder)
    request = {
        "sql": _checked(sql),
        "folder": str(folder.resolve()),
        "rows": limits.rows,
        "seconds": limits.seconds,
        "memory_bytes": limits.memory_bytes,
        "bytes": MAX_RESULT_BYTES // 2,
    }
    data, code, timed_out = _run(request, limits.seconds)
    if timed_out:
        raise UsageError(
            f"the query did not end within {limits.seconds} s", hint="ask for less, or pass --timeout"
        )
    document = _document(data)
    if document is None:
        raise UsageError(
            f"the process of the query ended without a result ({_end(code)}): it needs more memory or time"
            " than it may use, or a file of the export is damaged",
            hint="ask for less, or write the export again",
        )
    if "error" in document:
        raise UsageError(f"the query cannot be run: {printable(str(document['error']))}", hint=_HINT)
    return QueryResult(
        tuple(document["columns"]),
        tuple(document["types"]),
        tuple(tuple(row) for row in document["rows"]),
        bool(document["complete"]),
    )


def _checked(sql: str) -> str:
    if not sql.strip():
        raise UsageError("the query is empty", hint=_HINT)
    if len(sql.encode("utf-8", "replace")) > MAX_SQL_BYTES or "\0" in sql:
        raise UsageError(f"the query has more than {MAX_SQL_BYTES:,} bytes, or a null character")
    return sql


def _run(request: Mapping[str, Any], seconds: int) -> tuple[bytes, int, bool]:
    """What the process wrote (at most the limit), its exit code, and whether it was ended for its time."""
    paths = [path for path in sys.path if Path(path).is_absolute()]
    with (
        storage_errors(_PROGRAM, "cannot be started"),
        subprocess.Popen(
            [sys.executable, "-P", "-s", "-B", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
            env={"PYTHONPATH": os.pathsep.join(paths), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
            start_new_session=True,
        ) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both streams are pipes")
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
            process.stdin.flush()
            data = process.stdout.read(MAX_RESULT_BYTES + 1)
        except BrokenPipeError:
            data = b""
        finally:
            timer.cancel()
            process.kill()
        code = process.wait()
    return data, code, late.is_set()


def _document(data: bytes) -> dict[str, Any] | None:
    """What the process answered; None if it is not an answer."""
    if len(data) > MAX_RESULT_BYTES:
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _end(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def limits_of(rows: int, seconds: int, memory_bytes: int) -> QueryLimits:
    """Limits, if they are sensible.

    Raises:
        UsageError: one of them is not.
    """
    for what, value, least, most in (
        ("rows", rows, 1, MAX_ROWS),
        ("seconds", seconds, 1, 3_600),
        ("memory in bytes", memory_bytes, 64 * 2**20, 2**40),
    ):
        if not least <= value <= most:
            raise UsageError(f"{value:,} {what}: it is between {least:,} and {most:,}")
    return QueryLimits(rows, seconds, memory_bytes)
