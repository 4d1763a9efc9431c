"""Rows that came last: they wait in a table without indices, because each index costs synced pages.

A row put into twelve trees that were filled at once splits pages and dirties some forty of them; put
into `recent`, three. Every question reads both tables. Where more than `MAX_BUFFERED_ROWS` rows would wait,
all move in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from obrelease.registry.index.rows import COLUMNS, INSERT_BUFFERED, INSERT_RUN

MAX_BUFFERED_ROWS: Final = 256
"""So many rows may wait: few enough to be looked through at each question."""

_MOVE: Final = f"INSERT OR REPLACE INTO run ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM recent"  # noqa: S608


def put(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Take rows in, as `row_of` makes them, inside the open transaction; the newer of a place stays."""
    if _waiting(connection) + len(rows) > MAX_BUFFERED_ROWS:
        _move(connection)
        connection.executemany(INSERT_RUN, rows)
        return
    connection.executemany("DELETE FROM run WHERE place = ?", (row[:1] for row in rows))
    connection.executemany(INSERT_BUFFERED, rows)


def remove(connection: sqlite3.Connection, locations: Iterable[str]) -> None:
    """Take the rows of these places out, inside the open transaction."""
    gone = [(location,) for location in locations]
    for table in ("run", "recent"):
        connection.executemany(f"DELETE FROM {table} WHERE place = ?", gone)  # noqa: S608


def locations_in(connection: sqlite3.Connection, shelf: str) -> set[str]:
    """The places of all rows of a shelf."""
    within = "WHERE place >= ?1 AND place < ?2"
    found = connection.execute(
        f"SELECT place FROM run {within} UNION ALL SELECT place FROM recent {within}",  # noqa: S608
        (f"{shelf}/", f"{shelf}0"),
    )
    return {location for (location,) in found}


def count(connection: sqlite3.Connection) -> int:
    """The number of rows."""
    (indexed,) = connection.execute("SELECT count(*) FROM run").fetchone()
    return int(indexed) + _waiting(connection)


def _waiting(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM recent").fetchone()[0])


def _move(connection: sqlite3.Connection) -> None:
    """Move the rows into `run`; no run came or went by that, so the stamps stay."""
    stamps = connection.execute("SELECT place, stamp FROM shelf").fetchall()
    connection.execute(_MOVE)
    connection.execute("DELETE FROM recent")
    connection.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?)", stamps)
