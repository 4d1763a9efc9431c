"""The SQLite index: derived from the folders, brought up to date at each reading, free to be deleted.

Rows only lead to folders; whoever uses a run re-hashes it. A row carries a seal over its values, so
that a damaged row is noticed when read. An index that is corrupt, foreign or tampered with is thrown
away and made again; one that cannot be written is made in memory.

Format history (``_USER_VERSION``):

1. First version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from obrelease.errors import ObreleaseError, StorageError
from obrelease.models.canonical import canonical_bytes, digest_bytes
from obrelease.registry.entry import Entry, Filter, read_entry
from obrelease.registry.layout import INDEX_NAME, places

T = TypeVar("T")

_APPLICATION_ID: Final = 0x6F627265
_USER_VERSION: Final = 1
_BUSY_SECONDS: Final = 120.0
_COLUMNS: Final = (
    "place", "digest", "kind", "scenario", "created_ns", "size_bytes", "core", "commit_id", "dirty",
    "workload", "messages", "events_digest", "seal",
)  # fmt: skip
_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS run (place TEXT PRIMARY KEY, digest TEXT NOT NULL, kind TEXT NOT NULL,"
    " scenario TEXT NOT NULL, created_ns TEXT NOT NULL, size_bytes INTEGER NOT NULL, core TEXT,"
    " commit_id TEXT, dirty INTEGER, workload TEXT, messages INTEGER, events_digest TEXT,"
    " seal TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS run_digest ON run (digest)",
    "CREATE INDEX IF NOT EXISTS run_created ON run (created_ns DESC, digest)",
    "CREATE INDEX IF NOT EXISTS run_shelf ON run (kind, scenario, created_ns DESC)",
    "CREATE INDEX IF NOT EXISTS run_events ON run (events_digest)",
)
_PUT: Final = f"INSERT OR REPLACE INTO run ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM run"  # noqa: S608
_BROKEN: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class _Damaged(Exception):
    """The index is not ours, or a row's seal does not fit its values."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The index as it stands, before anything is mended.

    Attributes:
        state: `absent`, `damaged`, `unreachable` (locked, or not permitted) or `readable`.
        entries: its rows by place.
    """

    state: str
    entries: dict[str, Entry]


def query(root: Path, where: Filter) -> tuple[Entry, ...]:
    """The runs that pass the filter, newest first, after the index was brought up to date.

    Raises:
        StorageError: the results folder cannot be listed.
    """

    def answer(connection: sqlite3.Connection) -> tuple[Entry, ...]:
        _sync(connection, root)
        return tuple(_select(connection, root, where))

    if not root.is_dir():
        return ()
    try:
        return _with_index(root, answer)
    except OSError as error:
        raise StorageError(f"{error.filename or root}: cannot be listed: {error.strerror}") from error


def insert(root: Path, entry: Entry) -> None:
    """Add one row. The folder is the truth: an index that cannot be written is left to the next reader."""
    with suppress(sqlite3.DatabaseError, _Damaged), closing(_connect(root / INDEX_NAME)) as connection:
        connection.execute(_PUT, _row(entry))


def rebuild(root: Path) -> int:
    """Make every row again from the folders alone; returns the number of rows.

    A sound file is kept and its rows replaced in one transaction, because others may be using it;
    only a damaged one is thrown away.

    Raises:
        StorageError: the results folder cannot be listed or the index cannot be written.
    """
    path = root / INDEX_NAME
    try:
        entries = tuple(_readable(root, list(places(root))))
        try:
            return _refill(path, root, entries)
        except (sqlite3.DatabaseError, _Damaged) as error:
            if not _is_broken(error):
                raise
        _discard(path)
        return _refill(path, root, entries)
    except OSError as error:
        raise StorageError(f"{error.filename or path}: {error.strerror}") from error
    except (sqlite3.DatabaseError, _Damaged) as error:
        raise StorageError(f"{path}: cannot be written: {error}") from error


def _refill(path: Path, root: Path, entries: Sequence[Entry]) -> int:
    with closing(_connect(path)) as connection:
        _demand_integrity(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM run")
        connection.executemany(_PUT, map(_row, entries))
        connection.execute("COMMIT")
        _sync(connection, root)
        return int(connection.execute("SELECT count(*) FROM run").fetchone()[0])


def _demand_integrity(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        raise _Damaged("SQLite's integrity check failed")


def sight(root: Path) -> Sight:
    """Read all rows without mending anything."""
    path = root / INDEX_NAME
    if not path.exists():
        return Sight("absent", {})
    try:
        with closing(_connect(path)) as connection:
            _demand_integrity(connection)
            return Sight("readable", {entry.place: entry for entry in _select(connection, root, Filter())})
    except (sqlite3.DatabaseError, _Damaged) as error:
        return Sight("damaged" if _is_broken(error) else "unreachable", {})


def _with_index(root: Path, action: Callable[[sqlite3.Connection], T]) -> T:
    """Run an action on the file, once more on a new file if it is damaged, else in memory."""
    path = root / INDEX_NAME
    for _ in range(2):
        try:
            with closing(_connect(path)) as connection:
                return action(connection)
        except (sqlite3.DatabaseError, _Damaged) as error:
            if not _is_broken(error):
                break
            try:
                _discard(path)
            except OSError:
                break
    with closing(_connect(None)) as connection:
        return action(connection)


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA trusted_schema=OFF")
        if _identity(connection) == (0, 0):
            _create(connection)
        if _identity(connection) != (_APPLICATION_ID, _USER_VERSION):
            raise _Damaged("not an index of this version")
    except BaseException:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables in one transaction; a second process that comes here finds them made."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        for statement in _CREATE:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={_USER_VERSION}")
    connection.execute("COMMIT")


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_broken(error: Exception) -> bool:
    """Whether the file is bad, not merely out of reach (busy, read-only, full, not openable)."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _BROKEN


def _discard(path: Path) -> None:
    """Remove the index and the journal that belongs to it; a journal alone would be replayed."""
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _sync(connection: sqlite3.Connection, root: Path) -> None:
    """Bring the rows in line with the folders: add what has none, drop what leads nowhere.

    Rows are read before the folders: whoever writes makes the folder first, so a row that was
    seen has its folder, or has lost it.
    """
    rows = {place for (place,) in connection.execute("SELECT place FROM run")}
    there = set(places(root))
    new = tuple(_readable(root, sorted(there - rows)))
    gone = [(place,) for place in sorted(rows - there)]
    if new or gone:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_PUT, map(_row, new))
        connection.executemany("DELETE FROM run WHERE place = ?", gone)
        connection.execute("COMMIT")


def _readable(root: Path, found: Sequence[str]) -> Iterator[Entry]:
    """The entries of the folders that can be read; the others are for `fsck` to explain."""
    for place in found:
        with suppress(ObreleaseError):
            yield read_entry(root, place)


def _select(connection: sqlite3.Connection, root: Path, where: Filter) -> Iterator[Entry]:
    clauses: list[str] = []
    values: list[str] = []
    for column, wanted in (("kind", where.kind), ("scenario", where.scenario), ("core", where.core)):
        if wanted is not None:
            clauses.append(f"{column} = ?")
            values.append(wanted)
    for column, start in (
        ("digest", where.digest), ("commit_id", where.commit), ("events_digest", where.events_digest)
    ):  # fmt: skip
        if start is not None:
            clauses.append(f"{column} >= ? AND {column} < ?")
            values += [start, f"{start}g"]
    narrowed = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    found = connection.execute(f"{_SELECT}{narrowed} ORDER BY created_ns DESC, digest, place", values)
    for row in found:
        yield _entry(root, row)


def _row(entry: Entry) -> tuple[Any, ...]:
    values = (
        entry.place, entry.digest, entry.kind, entry.scenario, f"{entry.created_ns:020d}",
        entry.size_bytes, entry.core, entry.commit, None if entry.dirty is None else int(entry.dirty),
        entry.workload, entry.messages, entry.events_digest,
    )  # fmt: skip
    return (*values, _seal(values))


def _seal(values: Sequence[Any]) -> str:
    return digest_bytes(canonical_bytes(list(values)))[:16]


def _entry(root: Path, row: Sequence[Any]) -> Entry:
    *values, seal = row
    try:
        sealed = _seal(values)
    except ObreleaseError as error:
        raise _Damaged("a row holds what no run has") from error
    if seal != sealed:
        raise _Damaged("a row's seal does not fit")
    place, digest, kind, scenario, created, size, core, commit, dirty, workload, messages, events = values
    return Entry(
        digest=digest,
        kind=kind,
        scenario=scenario,
        folder=root / place,
        place=place,
        created_ns=int(created),
        size_bytes=size,
        core=core,
        commit=commit,
        dirty=None if dirty is None else bool(dirty),
        workload=workload,
        messages=messages,
        events_digest=events,
    )
