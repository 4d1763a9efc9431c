"""Rows of the index: an entry and back, under a seal; and how a filter becomes a question to SQLite."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, Final

from obrelease.registry.entry import Entry
from obrelease.registry.filter import FAILED, PASSED, Filter
from obrelease.storage.hashing import digest_bytes

COLUMNS: Final = (
    "place", "digest", "kind", "scenario", "created_ns", "size_bytes", "core", "commit_id", "dirty",
    "workload", "messages", "events_digest", "checks_failed", "seal",
)  # fmt: skip
_VALUES: Final = f"({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
INSERT_RUN: Final = f"INSERT OR REPLACE INTO run {_VALUES}"
INSERT_BUFFERED: Final = f"INSERT OR REPLACE INTO recent {_VALUES}"

_SEALED: Final = len(COLUMNS) - 1
_MIDDLE_NS: Final = 2**63
"""What instants are counted from, because SQLite's integers have a sign and an instant reaches 2^64."""

_MOST_BEGINNINGS: Final = 16
_CHECKS: Final = {PASSED: "checks_failed = 0", FAILED: "checks_failed > 0"}
_ORDER: Final = "ORDER BY created_ns DESC, digest, place"


class DamagedIndex(Exception):
    """The index is not ours, or a row's seal does not fit its values."""


def row_of(entry: Entry) -> tuple[Any, ...]:
    """The row of an entry, its seal last."""
    values = (
        entry.location, entry.digest, entry.kind, entry.scenario, entry.created_ns - _MIDDLE_NS,
        entry.size_bytes, entry.core, entry.commit, None if entry.dirty is None else int(entry.dirty),
        entry.workload, entry.messages, entry.events_digest, entry.checks_failed,
    )  # fmt: skip
    return (*values, _seal(values))


def entry_of_row(root: Path, row: Sequence[Any]) -> Entry:
    """The entry of a row.

    Raises:
        Damaged: the seal does not fit.
    """
    if _seal(tuple(row[:_SEALED])) != row[_SEALED]:
        raise DamagedIndex("a row's seal does not fit")
    location, digest, kind, scenario, created, size, core, commit, dirty, *rest = row[:_SEALED]
    workload, messages, events, checks_failed = rest
    return Entry(
        digest=digest,
        kind=kind,
        scenario=scenario,
        root=root,
        location=location,
        created_ns=created + _MIDDLE_NS,
        size_bytes=size,
        core=core,
        commit=commit,
        dirty=None if dirty is None else bool(dirty),
        workload=workload,
        messages=messages,
        events_digest=events,
        checks_failed=checks_failed,
    )


def newest_first(entry: Entry) -> tuple[int, str, str]:
    """What entries are sorted by."""
    return -entry.created_ns, entry.digest, entry.location


def select(
    connection: sqlite3.Connection, root: Path, where: Filter, limit: int | None = None
) -> Iterator[Entry]:
    """The rows that pass a filter, newest first.

    Raises:
        Damaged: a row's seal does not fit.
    """
    asked = (_of_recent(where), _of_run(connection, where))
    found = [_read(connection, root, question, limit) for question in asked if question is not None]
    yield from islice(merge(*found, key=newest_first), limit)


def _read(connection: sqlite3.Connection, root: Path, asked: _Question, limit: int | None) -> Iterator[Entry]:
    statement = f"SELECT {', '.join(COLUMNS)} FROM {asked.table}{asked.where} {_ORDER} LIMIT ?"  # noqa: S608
    rows = connection.execute(statement, [*asked.values, -1 if limit is None else limit])
    return map(partial(entry_of_row, root), rows)


def _seal(values: tuple[Any, ...]) -> str:
    return digest_bytes(repr(values).encode("utf-8", "backslashreplace"))[:16]


def _bound(instant_ns: int) -> float:
    """An instant to compare with; beyond all that a row can have, it is infinite."""
    shifted = instant_ns - _MIDDLE_NS
    return shifted if -(2**63) <= shifted < 2**63 else math.copysign(math.inf, shifted)


@dataclass(slots=True)
class _Question:
    table: str
    clauses: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self.clauses)}" if self.clauses else ""

    def equal(self, column: str, value: Any) -> None:
        if value is not None:
            self.clauses.append(f"{column} = ?")
            self.values.append(value)

    def starts(self, column: str, start: str | None) -> None:
        if start is not None:
            self.clauses.append(f"{column} >= ? AND {column} < ?")
            self.values += [start, f"{start}g"]

    def rest(self, where: Filter) -> None:
        """The clauses that are alike for both tables."""
        self.starts("digest", where.digest)
        for column in ("kind", "scenario", "core", "workload"):
            self.equal(column, getattr(where, column))
        self.clauses += [_CHECKS[where.checks]] if where.checks else []
        self.clauses += [] if where.dirty is None else [f"dirty = {where.dirty:d}"]
        for sign, bound in ((">=", where.since_ns), ("<", where.until_ns)):
            if bound is not None:
                self.clauses.append(f"created_ns {sign} ?")
                self.values.append(_bound(bound))


def _of_recent(where: Filter) -> _Question:
    asked = _Question("recent")
    asked.starts("commit_id", where.commit)
    asked.starts("events_digest", where.events_digest)
    asked.rest(where)
    return asked


def _of_run(connection: sqlite3.Connection, where: Filter) -> _Question | None:
    """The clauses, and the narrowest index as a hint; None where nothing can pass.

    The planner knows no figures about the rows, so it is told. A beginning that only one commit (or
    one events digest) has is asked for as a whole, because then the index gives the rows in order.
    """
    asked = _Question(f"run INDEXED BY {_narrowest(where)}")
    for column, start in (("commit_id", where.commit), ("events_digest", where.events_digest)):
        if start is not None:
            wholes = list(islice(_beginning_with(connection, column, start), _MOST_BEGINNINGS))
            if not wholes:
                return None
            if len(wholes) == 1:
                asked.equal(column, wholes[0])
            else:
                asked.starts(column, start)
    asked.rest(where)
    return asked


def _narrowest(where: Filter) -> str:
    hints = (
        (where.digest is not None, "run_digest"),
        (where.commit is not None, "run_commit"),
        (where.events_digest is not None, "run_events"),
        (where.checks == FAILED, "run_failed"),
        (where.dirty is True, "run_dirty"),
        (where.kind is not None and where.scenario is not None, "run_shelf"),
        (where.scenario is not None, "run_scenario"),
        (where.workload is not None, "run_workload"),
        (where.kind is not None, "run_kind"),
        (where.core is not None, "run_core"),
        (True, "run_created"),
    )
    return next(name for wanted, name in hints if wanted)


def _beginning_with(connection: sqlite3.Connection, column: str, start: str) -> Iterator[str]:
    """The different values of an indexed column with this beginning, one seek each."""
    least, beyond = f"SELECT min({column}) FROM run WHERE {column}", f"{start}g"  # noqa: S608
    (value,) = connection.execute(f"{least} >= ? AND {column} < ?", (start, beyond)).fetchone()
    while value is not None:
        yield value
        (value,) = connection.execute(f"{least} > ? AND {column} < ?", (value, beyond)).fetchone()
