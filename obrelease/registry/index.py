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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, TypeVar

from obrelease.errors import ObreleaseError, StorageError
from obrelease.registry import recent
from obrelease.registry.entry import Entry, read_entry
from obrelease.registry.filter import Filter
from obrelease.registry.index_file import (
    FAULTS,
    connect,
    demand_integrity,
    discard,
    index_runs,
    is_broken,
    make_runs,
)
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.parallel import in_chunks
from obrelease.registry.rows import PUT, newest_first, row_of, select
from obrelease.registry.shelves import disk_now_ns, shelf_names, shelf_stamps

T = TypeVar("T")

_FILL_CACHE_KIB: Final = 65_536

FOLD_AT: Final = 256
"""So many runs that the index has not met are folded in even while their shelf is changing."""


@dataclass(frozen=True, slots=True)
class Sight:
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


@dataclass(frozen=True, slots=True)
class _News:
    """What the disk says and the index does not: runs, losses, and the stamps of settled shelves."""

    fresh: tuple[Entry, ...] = ()
    gone: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    unread_before: frozenset[str] = frozenset()
    stamps: tuple[tuple[str, str], ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def worth_folding(self) -> bool:
        mended = self.unread_before - self.unread
        return bool(self.stamps or self.vanished or self.gone or mended or len(self.fresh) >= FOLD_AT)


def query(root: Path, where: Filter, limit: int | None = None) -> Answer:
    """The runs that pass the filter, newest first, as the folders are at this moment.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    if not root.is_dir():
        return Answer((), ())
    try:
        return _with_index(root, lambda connection: _answer(connection, root, where, limit))
    except OSError as error:
        raise StorageError(f"{error.filename or root}: cannot be listed: {error.strerror}") from error


def rebuild(root: Path) -> int:
    """Make every row again from the folders alone; returns the number of rows.

    A sound file is kept and its rows replaced in one transaction, because others may be using it;
    only a damaged one is thrown away.

    Raises:
        StorageError: the results folder cannot be listed or the index cannot be written.
    """
    path = root / INDEX_NAME
    try:
        try:
            return _refill(path, root)
        except FAULTS as error:
            if not is_broken(error):
                raise
        discard(path)
        return _refill(path, root)
    except OSError as error:
        raise StorageError(f"{error.filename or path}: {error.strerror}") from error
    except FAULTS as error:
        raise StorageError(f"{path}: cannot be written: {error}") from error


def fill(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Replace all rows by these, as `row_of` makes them, in one transaction; no shelf is known whole then."""
    connection.execute(f"PRAGMA cache_size=-{_FILL_CACHE_KIB}")
    connection.execute("BEGIN IMMEDIATE")
    make_runs(connection)
    connection.executemany(PUT, rows)
    index_runs(connection)
    connection.execute("COMMIT")


def forget(root: Path, places: Iterable[str]) -> None:
    """Take the rows of runs out that are about to be removed, so that nobody takes them for lost.

    An index that cannot be written is left to the next reader, who finds the runs gone.
    """
    if not (root / INDEX_NAME).exists():
        return
    with suppress(*FAULTS), closing(connect(root / INDEX_NAME)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        recent.remove(connection, places)
        connection.execute("COMMIT")


def sight(root: Path) -> Sight:
    """Read all rows without mending anything.

    Raises:
        OSError: the results folder cannot be listed.
    """
    path = root / INDEX_NAME
    if not path.exists():
        return Sight("absent", {})
    try:
        with closing(connect(path)) as connection:
            demand_integrity(connection)
            entries = {entry.place: entry for entry in select(connection, root, Filter())}
            known = dict(connection.execute("SELECT place, stamp FROM shelf"))
    except FAULTS as error:
        return Sight("damaged" if is_broken(error) else "unreachable", {})
    there = shelf_stamps(root)
    return Sight(
        "readable",
        entries,
        frozenset(place for place, stamp in there.items() if known.get(place) == stamp.text),
    )


def _refill(path: Path, root: Path) -> int:
    places = [
        f"{shelf}/{name}" for shelf in sorted(shelf_stamps(root)) for name in sorted(shelf_names(root, shelf))
    ]
    with in_chunks(partial(_rows, root), places) as chunks, closing(connect(path)) as connection:
        demand_integrity(connection, "quick_check")
        fill(connection, chain.from_iterable(chunks))
        _fold(connection, _news(connection, root))
        return recent.count(connection)


def _with_index(root: Path, action: Callable[[sqlite3.Connection], T]) -> T:
    """Run an action on the file, once more on a new file if it is damaged, else in memory."""
    path = root / INDEX_NAME
    for _ in range(2):
        try:
            with closing(connect(path)) as connection:
                return action(connection)
        except FAULTS as error:
            if not is_broken(error):
                break
            try:
                discard(path)
            except OSError:
                break
    with closing(connect(None)) as connection:
        return action(connection)


def _answer(connection: sqlite3.Connection, root: Path, where: Filter, limit: int | None) -> Answer:
    connection.execute("BEGIN")
    news = _news(connection, root)
    known = select(connection, root, where, None if news.gone else limit)
    fresh = sorted(filter(where.accepts, news.fresh), key=newest_first)
    kept = (entry for entry in known if entry.place not in news.gone)
    entries = tuple(islice(merge(kept, fresh, key=newest_first), limit))
    connection.execute("COMMIT")
    if news.worth_folding:
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA busy_timeout=0")
            _fold(connection, news)
    return Answer(entries, tuple(sorted(news.unread)))


def _news(connection: sqlite3.Connection, root: Path) -> _News:
    """Compare the shelves with their stamps, list those that differ, read what is new on them.

    Stamps and the clock are read before the listing, so that a change in between shows the next time.
    """
    known = dict(connection.execute("SELECT place, stamp FROM shelf"))
    unread_before = frozenset(place for (place,) in connection.execute("SELECT place FROM unread"))
    there = shelf_stamps(root)
    changed = [place for place, stamp in sorted(there.items()) if known.get(place) != stamp.text]
    vanished = sorted(known.keys() - there.keys())
    if not changed and not vanished and not unread_before:
        return _News()
    now_ns = disk_now_ns(root / INDEX_NAME) if changed else None
    new: set[str] = set()
    gone: set[str] = set()
    for shelf in (*changed, *vanished):
        names = {f"{shelf}/{name}" for name in shelf_names(root, shelf)} if shelf in there else set()
        rows = recent.places_on(connection, shelf)
        new |= names - rows
        gone |= rows - names
    listed = {*changed, *vanished}
    new |= {place for place in unread_before if place.rpartition("/")[0] not in listed}
    fresh = tuple(_readable(root, sorted(new)))
    return _News(
        fresh,
        frozenset(gone),
        frozenset(new - {entry.place for entry in fresh}),
        unread_before,
        tuple((place, there[place].text) for place in changed if there[place].settled(now_ns)),
        tuple(vanished),
    )


def _fold(connection: sqlite3.Connection, news: _News) -> None:
    """Write what was found, in one transaction; the stamps last, because rows void them."""
    connection.execute("BEGIN IMMEDIATE")
    recent.put(connection, list(map(row_of, news.fresh)))
    recent.remove(connection, sorted(news.gone))
    for statement, places in (
        ("INSERT OR IGNORE INTO unread VALUES (?)", news.unread - news.unread_before),
        ("DELETE FROM unread WHERE place = ?", news.unread_before - news.unread),
    ):
        connection.executemany(statement, ((place,) for place in sorted(places)))
    connection.executemany("DELETE FROM shelf WHERE place = ?", ((place,) for place in news.vanished))
    connection.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?)", news.stamps)
    connection.execute("COMMIT")


def _rows(root: Path, found: Sequence[str]) -> list[tuple[Any, ...]]:
    return [row_of(entry) for entry in _readable(root, found)]


def _readable(root: Path, found: Iterable[str]) -> Iterator[Entry]:
    """The entries of the folders that can be read; the others are for `fsck` to explain."""
    for place in found:
        with suppress(ObreleaseError):
            yield read_entry(root, place)
