"""The SQLite file of the index: opening, creating, checking and deleting it.

Format history (`FORMAT_VERSION`, a part of the mark):

1. First version.
2. Scenario folders with their stamps, unreadable folders, indices that cover filters.
3. How many checks of a run failed; an index for each key of a filter, so that rare values are fast.
4. New rows wait in a table without indices (`recent`, see `write_buffer`); the journal file is kept;
   times are integers, and no index has a column that only other queries need.
5. The header's `user_version` is the mark of the user's secret (see `ownership`), and seals are keyed;
   the table `scenario_folder` has its present name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from obrelease.registry.index.ownership import (
    UnusableIndex,
    is_index,
    is_marked,
    keep_out_of_git,
    mark_of,
    read_secret,
    require_own_file,
    require_untracked,
    seal_key,
)
from obrelease.registry.index.rows import DamagedIndex, ForeignIndex

APPLICATION_ID: Final = 0x6F627265
FORMAT_VERSION: Final = 5
_BUSY_SECONDS: Final = 120.0
_MAX_JOURNAL_BYTES: Final = 2**20
"""The largest journal kept between transactions; making it again costs two syncs of the folder."""

_RUN_COLUMNS: Final = (
    "digest TEXT NOT NULL, kind TEXT NOT NULL, scenario TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    " size_bytes INTEGER NOT NULL, core TEXT, commit_id TEXT, dirty INTEGER, workload TEXT, messages INTEGER,"
    " events_digest TEXT, checks_failed INTEGER, seal TEXT NOT NULL"
)
_TABLES: Final = {
    "run": f"CREATE TABLE run (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, {_RUN_COLUMNS})",
    "recent": f"CREATE TABLE recent (place TEXT PRIMARY KEY, {_RUN_COLUMNS}) WITHOUT ROWID",
    "scenario_folder": (
        "CREATE TABLE scenario_folder (place TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID"
    ),
    "unread": "CREATE TABLE unread (place TEXT PRIMARY KEY) WITHOUT ROWID",
}
_INDICES: Final = (
    "CREATE INDEX run_digest ON run (digest)",
    "CREATE INDEX run_created ON run (created_ns DESC)",
    "CREATE INDEX run_folder ON run (kind, scenario, created_ns DESC, core)",
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
    INSERT INTO scenario_folder SELECT {row}.kind || '/' || {row}.scenario, ''
      WHERE NOT EXISTS (SELECT 1 FROM scenario_folder WHERE place = {row}.kind || '/' || {row}.scenario);
    UPDATE scenario_folder SET stamp = '' WHERE place = {row}.kind || '/' || {row}.scenario AND stamp <> '';
  END"""
_TRIGGERS: Final = (
    *(
        _CLEAR_STAMP.format(table=table, act=act, row=row)
        for table in ("run", "recent")
        for act, row in (("insert", "NEW"), ("delete", "OLD"), ("update", "OLD"))
    ),
    "CREATE TRIGGER unread_delete AFTER DELETE ON unread BEGIN UPDATE scenario_folder SET stamp = ''"
    " WHERE place || '/' = rtrim(OLD.place, replace(OLD.place, '/', '')); END",
)
"""Changing rows clears the stamp of their scenario folder; only a reader that has listed it stores one again.

An empty stamp is not cleared again, because that would cost a synced page.
"""

_DAMAGE_CODES: Final = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_INTERRUPT}
)

INDEX_ERRORS: Final = (sqlite3.DatabaseError, DamagedIndex, UnusableIndex, UnicodeError)
"""Errors of a damaged or unusable index; SQLite's message about a damaged one may not be valid text."""

_LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 2**27),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 4096),
    (sqlite3.SQLITE_LIMIT_COLUMN, 32),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 32),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 4),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 4096),
    (sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 8),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64),
    (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 64),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 4),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)
_PRAGMAS: Final = (
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "journal_mode=PERSIST",
    f"journal_size_limit={_MAX_JOURNAL_BYTES}",
    "synchronous=EXTRA",
    "secure_delete=OFF",
)
_STEPS_PER_CHECK: Final = 1_000_000
_BASE_STEPS: Final = 100_000_000
_STEPS_PER_BYTE: Final = 20
"""Steps of SQLite's machine that a connection may take: damaged pages can make a query endless.

Filling, checking and reading an index of a million rows take less than 2 steps a byte.
"""


class IndexConnection(sqlite3.Connection):
    """A connection to the index.

    Attributes:
        seal_key: the key of the seals of its rows; empty in memory.
    """

    seal_key: bytes = b""


def connect(path: Path | None) -> IndexConnection:
    """Open the index and create its tables if it has none; None opens one in memory.

    Nothing of a file is given to SQLite before its mark is checked, and no row is read before its
    tables, indices and triggers are compared with ours.

    Raises:
        DamagedIndex: the file or its journal is a symbolic link, or its tables are not ours.
        ForeignIndex: it was not made by this version of the program for this user, or was copied.
        UnusableIndex: it is of another user, or tracked by git, or there is no secret to mark it.
        sqlite3.DatabaseError: it cannot be opened, or is damaged.
    """
    secret = b""
    if path is not None:
        secret = read_secret()
        _require_marked(path, secret)
    connection = sqlite3.connect(
        path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, factory=IndexConnection
    )
    try:
        for limit, value in _LIMITS:
            connection.setlimit(limit, value)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        mark = 0
        if path is not None:
            connection.set_progress_handler(_step_counter(path), _STEPS_PER_CHECK)
            connection.seal_key = seal_key(secret)
            mark = mark_of(path, secret, FORMAT_VERSION)
        if _identity(connection) == (0, 0):
            _create(connection, mark)
            if path is not None:
                keep_out_of_git(path.parent)
        if _identity(connection) != (APPLICATION_ID, mark) or _schema(connection) != expected_schema():
            raise DamagedIndex("not an index of this version")
    except BaseException:
        connection.close()
        raise
    return connection


def _require_marked(path: Path, secret: bytes) -> None:
    if path.is_symlink() or _journal_of(path).is_symlink():
        raise DamagedIndex("the index or its journal is a symbolic link")
    require_own_file(path)
    require_own_file(_journal_of(path))
    try:
        marked = is_marked(path, secret, APPLICATION_ID, FORMAT_VERSION)
        ours = is_index(path, APPLICATION_ID)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnusableIndex(f"{path}: cannot be read: {error.strerror}") from error
    if not marked:
        require_untracked(path)
        if not ours:
            raise DamagedIndex("the file is not an index of this program")
        raise ForeignIndex("not made by this version of the program for this user, or copied")


def _step_counter(path: Path) -> Callable[[], bool]:
    """A progress handler that stops a connection after too many steps for the size of its file."""
    steps = 0

    def is_beyond_budget() -> bool:
        nonlocal steps
        steps += _STEPS_PER_CHECK
        if steps <= _BASE_STEPS:
            return False
        with suppress(OSError):
            return steps > _BASE_STEPS + _STEPS_PER_BYTE * path.stat().st_size
        return True

    return is_beyond_budget


@cache
def expected_schema() -> frozenset[tuple[Any, ...]]:
    """The tables, indices and triggers of an index, as SQLite keeps their definitions."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_tables(connection)
        create_indices(connection)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[Any, ...]]:
    return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))


def create_tables(connection: sqlite3.Connection) -> None:
    """Create empty tables inside the open transaction; `create_indices` must follow."""
    for table, statement in _TABLES.items():
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(statement)


def create_indices(connection: sqlite3.Connection) -> None:
    """Create indices and triggers after the rows: sorting once is faster than at each insertion."""
    connection.execute(
        "INSERT OR IGNORE INTO scenario_folder SELECT DISTINCT kind || '/' || scenario, '' FROM run"
    )
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
    if isinstance(error, UnusableIndex):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _DAMAGE_CODES


def delete_index(path: Path) -> None:
    """Delete the index and its journal; a journal left alone would be replayed."""
    _journal_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _create(connection: sqlite3.Connection, mark: int) -> None:
    """Create the tables in one transaction, unless another process has just done so."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        create_tables(connection)
        create_indices(connection)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={mark}")
    connection.execute("COMMIT")


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])
