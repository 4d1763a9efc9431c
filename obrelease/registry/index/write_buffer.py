"""The write buffer of the index: new rows wait in a table without indices.

Each index costs synced pages. A row inserted into twelve trees that were filled at once splits pages
and changes about forty of them; inserted into the buffer (table `recent`), three. Every query reads
both tables. If more than `MAX_BUFFERED_ROWS` rows would wait, all are moved in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from obrelease.registry.index.rows import COLUMNS, INSERT_BUFFERED, INSERT_RUN

MAX_BUFFERED_ROWS: Final = 256
"""How many rows may wait: few enough to be scanned by each query."""

_MOVE: Final = f"INSERT OR REPLACE INTO run ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM recent"  # noqa: S608


def insert_rows(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, as `row_of` makes them, inside the open transaction; a row of the same run is replaced."""
    if _buffered_rows(connection) + len(rows) > MAX_BUFFERED_ROWS:
        _flush(connection)
        connection.executemany(INSERT_RUN, rows)
        return
    connection.executemany("DELETE FROM run WHERE place = ?", (row[:1] for row in rows))
    connection.executemany(INSERT_BUFFERED, rows)


def delete_rows(connection: sqlite3.Connection, locations: Iterable[str]) -> None:
    """Delete the rows of these locations inside the open transaction."""
    keys = [(location,) for location in locations]
    for table in ("run", "recent"):
        connection.executemany(f"DELETE FROM {table} WHERE place = ?", keys)  # noqa: S608


def locations_in(connection: sqlite3.Connection, scenario_folder: str) -> set[str]:
    """The locations of all rows of a scenario folder."""
    within = "WHERE place >= ?1 AND place < ?2"
    found = connection.execute(
        f"SELECT place FROM run {within} UNION ALL SELECT place FROM recent {within}",  # noqa: S608
        (f"{scenario_folder}/", f"{scenario_folder}0"),
    )
    return {location for (location,) in found}


def count(connection: sqlite3.Connection) -> int:
    """The number of rows."""
    (indexed,) = connection.execute("SELECT count(*) FROM run").fetchone()
    return int(indexed) + _buffered_rows(connection)


def _buffered_rows(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM recent").fetchone()[0])


def _flush(connection: sqlite3.Connection) -> None:
    """Move the rows into `run` and keep the stamps, because no run was added or removed."""
    stamps = connection.execute("SELECT place, stamp FROM scenario_folder").fetchall()
    connection.execute(_MOVE)
    connection.execute("DELETE FROM recent")
    connection.executemany("INSERT OR REPLACE INTO scenario_folder VALUES (?, ?)", stamps)
