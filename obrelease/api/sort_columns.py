"""The columns that a listing can be sorted by, and the sorting."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from obrelease.errors import UsageError
from obrelease.models.close_names import hint_with_suggestion

if TYPE_CHECKING:
    from obrelease.registry.entry import Entry

SORT_COLUMNS: Final = {
    "created": "created_ns",
    "digest": "digest",
    "kind": "kind",
    "scenario": "scenario",
    "core": "core",
    "commit": "commit",
    "messages": "messages",
    "size": "size_bytes",
}
"""The columns that a listing can be sorted by, and the field of an entry behind each."""


def sort_runs(entries: Sequence[Entry], sort: str) -> list[Entry]:
    """The runs by a column of `SORT_COLUMNS`; a `-` before it reverses the order.

    Runs without the column's value come last; equal ones stay newest first.

    Raises:
        UsageError: there is no such column.
    """
    column = sort.removeprefix("-")
    if column not in SORT_COLUMNS:
        hint = hint_with_suggestion(column, SORT_COLUMNS, f"columns: {', '.join(SORT_COLUMNS)}")
        raise UsageError(f"sort {sort!r}: no such column", hint=hint)
    values = [(getattr(entry, SORT_COLUMNS[column]), entry) for entry in entries]
    known = [pair for pair in values if pair[0] is not None]
    known.sort(key=itemgetter(0), reverse=sort.startswith("-"))
    return [entry for _, entry in known] + [entry for value, entry in values if value is None]
