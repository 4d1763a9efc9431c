"""The SQLite file of the index: opening, creating, checking and deleting it.

Format history (``_USER_VERSION``):

1. First version.
2. Scenario folders with their stamps (table `shelf`), unreadable folders, indices that cover filters.
3. How many checks of a run failed; an index for each key of a filter, so that rare values are fast.
4. New rows wait in a table without indices (`recent`, see `write_buffer`); the journal file is kept;
   times are integers, and no index has a column that only other queries need.
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
"""The largest journal kept between transactions; making it again costs two syncs of the folder."""

_RUN_COLUMNS: Final = (
    "digest TEXT NOT NULL, kind TEXT NOT NULL, scenario TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    " size_bytes INTEGER NOT NULL, core TEXT, commit_id TEXT, dirty INTEGER, workload TEXT, messages INTEGER,"
    " events_digest TEXT, checks_failed INTEGER, seal TEXT NOT NULL"
)
_TABLES: Final = {
    "run": f"CREATE TABLE run (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, {_RUN_COLUMNS})",
    "recent": f"CREATE TABLE recent (place TEXT PRIMARY KEY, {_RUN_COLUMNS}) WITHOUT ROWID",
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
_CLEAR_STAMP: Final = """CREATE TRIGGER {table}_{act} AFTER {act} ON {table} BEGIN
    INSERT INTO shelf SELECT {row}.kind || '/' || {row}.scenario, ''
      WHERE NOT EXISTS (SELECT 1 FROM shelf WHERE place = {row}.kind || '/' || {row}.scenario);
    UPDATE shelf SET stamp = '' WHERE place = {row}.kind || '/' || {row}.scenario AND stamp <> '';
  END"""
_TRIGGERS: Final = (
    *(
        _CLEAR_STAMP.format(table=table, act=act, row=row)
        for table in ("run", "recent")
        for act, row in (("insert", "NEW"), ("delete", "OLD"), ("update", "OLD"))
    ),
    "CREATE TRIGGER unread_delete AFTER DELETE ON unread BEGIN UPDATE shelf SET stamp = ''"
    " WHERE place || '/' = rtrim(OLD.place, replace(OLD.place, '/', '')); END",
)
"""Changing rows clears the stamp of their scenario folder; only a reader that has listed it stores one again.

An empty stamp is not cleared again, because that would cost a synced page.
"""

_DAMAGE_CODES: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

INDEX_ERRORS: Final = (sqlite3.DatabaseError, DamagedIndex, UnicodeError)
"""Errors of a damaged or unreachable index; SQLite's message about a damaged one may not be valid text."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the index and create its tables if it has none; None opens one in memory.

    Raises:
        DamagedIndex: the file or its journal is a symbolic link, or of another program or version.
        sqlite3.DatabaseError: it cannot be opened, or is not a database.
    """
    if path is not None and (path.is_symlink() or _journal_of(path).is_symlink()):
        raise DamagedIndex("the index or its journal is a symbolic link")
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
    """Create empty tables inside the open transaction; `create_indices` must follow."""
    for table, statement in _TABLES.items():
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(statement)


def create_indices(connection: sqlite3.Connection) -> None:
    """Create indices and triggers after the rows: sorting once is faster than at each insertion."""
    connection.execute("INSERT OR IGNORE INTO shelf SELECT DISTINCT kind || '/' || scenario, '' FROM run")
    for statement in (*_INDICES, *_TRIGGERS):
        connection.execute(statement)


def check_integrity(connection: sqlite3.Connection, check: str = "integrity_check") -> None:
    """Let SQLite check the whole file.

    Args:
        check: `quick_check` does not compare tables with indices, which is enough before both are replaced.

    Raises:
        DamagedIndex: the check failed.
    """
    if connection.execute(f"PRAGMA {check}").fetchone()[0] != "ok":
        raise DamagedIndex("SQLite's integrity check failed")


def is_damaged(error: Exception) -> bool:
    """Whether the file is damaged, not only unreachable (busy, read-only, disk full, no permission)."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _DAMAGE_CODES


def delete_index(path: Path) -> None:
    """Delete the index and its journal; a journal left alone would be replayed."""
    _journal_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _create(connection: sqlite3.Connection) -> None:
    """Create the tables in one transaction, unless another process has just done so."""
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
