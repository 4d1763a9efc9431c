"""The result of a query as text."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from obrelease.cli.console.table import table

if TYPE_CHECKING:
    from obrelease.api import QueryResult

_MISSING: Final = "-"
_MAX_CELL: Final = 80


def query_text(result: QueryResult) -> str:
    """The rows in columns; the header alone if there are none. Numbers as they are, long text cut."""
    rows = [[_shown(value) for value in row] for row in result.rows]
    return table(rows, result.columns) or "  ".join(result.columns)


def csv_text(result: QueryResult) -> str:
    """RFC 4180 with a header and `\\n` line ends; a missing value is empty."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([[_text(value) for value in row] for row in result.rows])
    return sink.getvalue()


def _shown(value: Any) -> str:
    if value is None:
        return _MISSING
    text = " ".join(_text(value).split())
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
