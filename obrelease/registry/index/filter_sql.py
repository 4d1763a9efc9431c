"""A filter as SQL: the rows of the index that match it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from obrelease.registry.entry import Entry
from obrelease.registry.filter import FAILED, PASSED, Filter
from obrelease.registry.index.database import IndexConnection
from obrelease.registry.index.rows import COLUMNS, TIME_OFFSET_NS, entry_of_row, newest_first

_MAX_PREFIX_MATCHES: Final = 16
_CHECKS: Final = {PASSED: "checks_failed = 0", FAILED: "checks_failed > 0"}
_ORDER: Final = "ORDER BY created_ns DESC, digest, place"


def select_entries(
    connection: IndexConnection, root: Path, where: Filter, limit: int | None = None
) -> Iterator[Entry]:
    """The entries of the rows that match a filter, newest first.

    Raises:
        DamagedIndex: a row does not match its seal.
    """
    selections = (_buffer_selection(where), _run_selection(connection, where))
    found = [_read(connection, root, each, limit) for each in selections if each is not None]
    first = [next(entries, None) for entries in found]
    some = [chain((head,), rest) for head, rest in zip(first, found, strict=True) if head is not None]
    yield from some[0] if len(some) == 1 else islice(merge(*some, key=newest_first), limit)


def _read(
    connection: IndexConnection, root: Path, selection: _Selection, limit: int | None
) -> Iterator[Entry]:
    columns = ", ".join(COLUMNS)
    statement = f"SELECT {columns} FROM {selection.table}{selection.where} {_ORDER} LIMIT ?"  # noqa: S608
    rows = connection.execute(statement, [*selection.values, -1 if limit is None else limit])
    return map(partial(entry_of_row, root, connection.seal_key), rows)


def _stored_time(time_ns: int) -> float:
    """A time as it is stored; infinite if no row can have it."""
    shifted = time_ns - TIME_OFFSET_NS
    return shifted if -(2**63) <= shifted < 2**63 else math.copysign(math.inf, shifted)


@dataclass(slots=True)
class _Selection:
    """A table with the clauses of a WHERE and their values."""

    table: str
    clauses: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self.clauses)}" if self.clauses else ""

    def add_equal(self, column: str, value: Any) -> None:
        if value is not None:
            self.clauses.append(f"{column} = ?")
            self.values.append(value)

    def add_prefix(self, column: str, prefix: str | None) -> None:
        if prefix is not None:
            self.clauses.append(f"{column} >= ? AND {column} < ?")
            self.values += [prefix, f"{prefix}g"]

    def add_common(self, where: Filter) -> None:
        """Add the clauses that are the same for both tables."""
        self.add_prefix("digest", where.digest)
        for column in ("kind", "scenario", "core", "workload"):
            self.add_equal(column, getattr(where, column))
        self.clauses += [_CHECKS[where.checks]] if where.checks else []
        self.clauses += [] if where.dirty is None else [f"dirty = {where.dirty:d}"]
        for sign, bound in ((">=", where.since_ns), ("<", where.until_ns)):
            if bound is not None:
                self.clauses.append(f"created_ns {sign} ?")
                self.values.append(_stored_time(bound))


def _buffer_selection(where: Filter) -> _Selection:
    selection = _Selection("recent")
    selection.add_prefix("commit_id", where.commit)
    selection.add_prefix("events_digest", where.events_digest)
    selection.add_common(where)
    return selection


def _run_selection(connection: sqlite3.Connection, where: Filter) -> _Selection | None:
    """The clauses for the table `run`, with its most selective index; None if no row can match.

    The planner has no statistics about the rows, so the index is named. If only one commit (or one
    events digest) has a prefix, it is compared as a whole, because then the index gives the rows in order.
    """
    selection = _Selection(f"run INDEXED BY {_most_selective_index(where)}")
    for column, prefix in (("commit_id", where.commit), ("events_digest", where.events_digest)):
        if prefix is not None:
            values = list(islice(_values_with_prefix(connection, column, prefix), _MAX_PREFIX_MATCHES))
            if not values:
                return None
            if len(values) == 1:
                selection.add_equal(column, values[0])
            else:
                selection.add_prefix(column, prefix)
    selection.add_common(where)
    return selection


def _most_selective_index(where: Filter) -> str:
    indices = (
        (where.digest is not None, "run_digest"),
        (where.commit is not None, "run_commit"),
        (where.events_digest is not None, "run_events"),
        (where.checks == FAILED, "run_failed"),
        (where.dirty is True, "run_dirty"),
        (where.kind is not None and where.scenario is not None, "run_folder"),
        (where.scenario is not None, "run_scenario"),
        (where.workload is not None, "run_workload"),
        (where.kind is not None, "run_kind"),
        (where.core is not None, "run_core"),
        (True, "run_created"),
    )
    return next(name for applies, name in indices if applies)


def _values_with_prefix(connection: sqlite3.Connection, column: str, prefix: str) -> Iterator[str]:
    """The distinct values of an indexed column with this prefix, one seek each."""
    least, beyond = f"SELECT min({column}) FROM run WHERE {column}", f"{prefix}g"  # noqa: S608
    (value,) = connection.execute(f"{least} >= ? AND {column} < ?", (prefix, beyond)).fetchone()
    while value is not None:
        yield value
        (value,) = connection.execute(f"{least} > ? AND {column} < ?", (value, beyond)).fetchone()
