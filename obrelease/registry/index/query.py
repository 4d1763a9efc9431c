"""The index: derived from the folders, brought up to date at each reading, free to be deleted.

Rows only lead to folders; whoever uses a run re-hashes it. A row carries a seal over its values, so
that a damaged row is noticed when read. An index that is corrupt, foreign or tampered with is thrown
away and made again; one that cannot be written is made in memory.

Writers never touch it. A reader lists the shelves whose stamp is not the one in the index (see
`shelves`), reads the envelopes it has not met, and answers from both. What has settled is then
folded into the file in one transaction, where nobody else is doing so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TypeVar

from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.index import write_buffer
from obrelease.registry.index.changes import find_changes, fold
from obrelease.registry.index.database import INDEX_ERRORS, check_integrity, connect, delete_index, is_damaged
from obrelease.registry.index.directory_stamps import read_directory_stamps
from obrelease.registry.index.rows import newest_first, select
from obrelease.registry.layout import INDEX_NAME
from obrelease.storage.system_errors import storage_errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """The index as it stands, before anything is mended.

    Attributes:
        state: `absent`, `damaged`, `unreachable` (locked, or not permitted) or `readable`.
        entries: its rows by place.
        whole: shelves that the index claims to know whole, as they are on the disk now.
    """

    state: str
    entries: dict[str, Entry]
    whole: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question to the index gave.

    Attributes:
        entries: the runs, newest first.
        unread: places of folders whose envelope cannot be trusted, sorted.
    """

    entries: tuple[Entry, ...]
    unread: tuple[str, ...]


def query(root: Path, where: Filter, limit: int | None = None) -> Answer:
    """The runs that pass the filter, newest first, as the folders are at this moment.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    if not root.is_dir():
        return Answer((), ())
    with storage_errors(root, "cannot be listed"):
        return _with_index(root, lambda connection: _answer(connection, root, where, limit))


def forget(root: Path, locations: Iterable[str]) -> None:
    """Take the rows of runs out that are about to be removed, so that nobody takes them for lost.

    An index that cannot be written is left to the next reader, who finds the runs gone.
    """
    if not (root / INDEX_NAME).exists():
        return
    with suppress(*INDEX_ERRORS), closing(connect(root / INDEX_NAME)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        write_buffer.remove(connection, locations)
        connection.execute("COMMIT")


def read_index(root: Path) -> IndexSnapshot:
    """Read all rows without mending anything.

    Raises:
        OSError: the results folder cannot be listed.
    """
    path = root / INDEX_NAME
    if not path.exists():
        return IndexSnapshot("absent", {})
    try:
        with closing(connect(path)) as connection:
            check_integrity(connection)
            entries = {entry.location: entry for entry in select(connection, root, Filter())}
            known = dict(connection.execute("SELECT place, stamp FROM shelf"))
    except INDEX_ERRORS as error:
        return IndexSnapshot("damaged" if is_damaged(error) else "unreachable", {})
    there = read_directory_stamps(root)
    return IndexSnapshot(
        "readable",
        entries,
        frozenset(location for location, stamp in there.items() if known.get(location) == stamp.text),
    )


def _with_index(root: Path, action: Callable[[sqlite3.Connection], T]) -> T:
    """Run an action on the file, once more on a new file if it is damaged, else in memory."""
    path = root / INDEX_NAME
    for _ in range(2):
        try:
            with closing(connect(path)) as connection:
                return action(connection)
        except INDEX_ERRORS as error:
            if not is_damaged(error):
                break
            try:
                delete_index(path)
            except OSError:
                break
    with closing(connect(None)) as connection:
        return action(connection)


def _answer(connection: sqlite3.Connection, root: Path, where: Filter, limit: int | None) -> Answer:
    connection.execute("BEGIN")
    news = find_changes(connection, root)
    known = select(connection, root, where, None if news.gone else limit)
    fresh = sorted(filter(where.accepts, news.fresh), key=newest_first)
    kept = (entry for entry in known if entry.location not in news.gone)
    entries = tuple(islice(merge(kept, fresh, key=newest_first), limit))
    connection.execute("COMMIT")
    if news.should_flush:
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA busy_timeout=0")
            fold(connection, news)
    return Answer(entries, tuple(sorted(news.unread)))
