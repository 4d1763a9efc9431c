"""The index as a SQLite file: how it is opened, made, judged and thrown away.

Format history (``_USER_VERSION``):

1. First version.
2. Shelves with their stamps, folders that could not be read, indices that answer filters alone.
3. How many checks of a run failed; an index for each key of a filter, so that rare values are found.
4. Rows that came last wait in a table without indices (see `recent`); the journal stays beside the file;
   instants are integers, and no index has a column that another one is asked for.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from obrelease.registry.index.rows import DamagedIndex

_APPLICATION_ID: Final = 0x6F627265
_USER_VERSION: Final = 4
_BUSY_SECONDS: Final = 120.0
_MOST_JOURNAL_BYTES: Final = 2**20
"""What the journal may keep between transactions; making it anew each time costs two syncs of the folder."""

_FACTS: Final = (
    "digest TEXT NOT NULL, kind TEXT NOT NULL, scenario TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    " size_bytes INTEGER NOT NULL, core TEXT, commit_id TEXT, dirty INTEGER, workload TEXT, messages INTEGER,"
    " events_digest TEXT, checks_failed INTEGER, seal TEXT NOT NULL"
)
_TABLES: Final = {
    "run": f"CREATE TABLE run (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, {_FACTS})",
    "recent": f"CREATE TABLE recent (place TEXT PRIMARY KEY, {_FACTS}) WITHOUT ROWID",
    "shelf": "CREATE TABLE shelf (place TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID",
    "unread": "CREATE TABLE unread (place TEXT PRIMARY KEY) WITHOUT ROWID",
}
_INDICES: Final = (
    "CREATE INDEX run_digest ON run (digest)",
    "CREATE INDEX run_created ON run (created_ns DESC)",
    "CREATE INDEX run_shelf ON run (kind, scenario, created_ns DESC, core)",
    "CREATE INDEX run_events ON run (events_digest, created_ns DESC, core)",
    "CREATE INDEX run_scenario ON run (scenario, created_ns DESC)",
    "CREATE INDEX run_kind ON run (kind, created_ns DESC)",
    "CREATE INDEX run_core ON run (core, created_ns DESC)",
    "CREATE INDEX run_workload ON run (workload, created_ns DESC)",
    "CREATE INDEX run_dirty ON run (created_ns DESC) WHERE dirty = 1",
    "CREATE INDEX run_failed ON run (created_ns DESC) WHERE checks_failed > 0",
    "CREATE INDEX run_commit ON run (commit_id, created_ns DESC)",
)
_VOID: Final = """CREATE TRIGGER {table}_{act} AFTER {act} ON {table} BEGIN
    INSERT INTO shelf SELECT {row}.kind || '/' || {row}.scenario, ''
      WHERE NOT EXISTS (SELECT 1 FROM shelf WHERE place = {row}.kind || '/' || {row}.scenario);
    UPDATE shelf SET stamp = '' WHERE place = {row}.kind || '/' || {row}.scenario AND stamp <> '';
  END"""
_TRIGGERS: Final = (
    *(
        _VOID.format(table=table, act=act, row=row)
        for table in ("run", "recent")
        for act, row in (("insert", "NEW"), ("delete", "OLD"), ("update", "OLD"))
    ),
    "CREATE TRIGGER unread_delete AFTER DELETE ON unread BEGIN UPDATE shelf SET stamp = ''"
    " WHERE place || '/' = rtrim(OLD.place, replace(OLD.place, '/', '')); END",
)
"""Whoever changes rows makes the shelf unknown; only a reader who has listed it stamps it again.

A shelf that is unknown already is not written once more, because that would cost a synced page.
"""

_BROKEN: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

INDEX_ERRORS: Final = (sqlite3.DatabaseError, DamagedIndex, UnicodeError)
"""What a bad or unreachable index raises; SQLite's own words about a damaged one may be no text."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the index, making its tables where there are none; None makes one in memory.

    Raises:
        Damaged: the file or its journal is a symbolic link, or it is another program's or version's.
        sqlite3.DatabaseError: it cannot be opened, or is no database.
    """
    if path is not None and (path.is_symlink() or _journal_of(path).is_symlink()):
        raise DamagedIndex("the index is a symbolic link, which leads to a file that is not ours")
    connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=PERSIST")
        connection.execute(f"PRAGMA journal_size_limit={_MOST_JOURNAL_BYTES}")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA secure_delete=OFF")
        if _identity(connection) == (0, 0):
            _create(connection)
        if _identity(connection) != (_APPLICATION_ID, _USER_VERSION):
            raise DamagedIndex("not an index of this version")
    except BaseException:
        connection.close()
        raise
    return connection


def create_tables(connection: sqlite3.Connection) -> None:
    """Empty the index inside the transaction that is open; `index_runs` finishes it."""
    for table, statement in _TABLES.items():
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(statement)


def create_indices(connection: sqlite3.Connection) -> None:
    """Make the indices and triggers, once the rows are there: sorting once is faster than each time."""
    connection.execute("INSERT OR IGNORE INTO shelf SELECT DISTINCT kind || '/' || scenario, '' FROM run")
    for statement in (*_INDICES, *_TRIGGERS):
        connection.execute(statement)


def check_integrity(connection: sqlite3.Connection, check: str = "integrity_check") -> None:
    """Have SQLite look through the whole file.

    Args:
        check: `quick_check` leaves out whether tables and indices agree, for whoever makes both anew.

    Raises:
        Damaged: it found something.
    """
    if connection.execute(f"PRAGMA {check}").fetchone()[0] != "ok":
        raise DamagedIndex("SQLite's integrity check failed")


def is_damaged(error: Exception) -> bool:
    """Whether the file is bad, not merely out of reach (busy, read-only, full, not openable)."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _BROKEN


def delete_index(path: Path) -> None:
    """Remove the index and the journal that belongs to it; a journal alone would be replayed."""
    _journal_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables in one transaction; a second process that comes here finds them made."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        create_tables(connection)
        create_indices(connection)
        connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={_USER_VERSION}")
    connection.execute("COMMIT")


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])
