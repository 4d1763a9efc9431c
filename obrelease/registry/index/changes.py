"""What the disk says and the index does not: how it is found, and how it is folded into the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.registry.entry import Entry, read_entry
from obrelease.registry.index import write_buffer
from obrelease.registry.index.directory_stamps import (
    Stamp,
    file_system_time_ns,
    read_directory_stamps,
    run_folder_names,
)
from obrelease.registry.index.rows import row_of
from obrelease.registry.layout import INDEX_NAME

FLUSH_AT_RUNS: Final = 256
"""So many runs that the index has not met are folded in even while their shelf is changing."""


@dataclass(frozen=True, slots=True)
class IndexDelta:
    """What the disk says and the index does not: runs, losses, and the stamps of settled shelves."""

    fresh: tuple[Entry, ...] = ()
    gone: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    unread_before: frozenset[str] = frozenset()
    stamps: tuple[tuple[str, str], ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def should_flush(self) -> bool:
        """Whether it saves the next reader something; single runs on a changing shelf do not."""
        mended = self.unread_before - self.unread
        return bool(self.stamps or self.vanished or self.gone or mended or len(self.fresh) >= FLUSH_AT_RUNS)


def find_changes(connection: sqlite3.Connection, root: Path) -> IndexDelta:
    """Compare the shelves with their stamps, list those that differ, read what is new on them.

    Stamps and the clock are read before the listing, so that a change in between shows the next time.
    """
    known = dict(connection.execute("SELECT place, stamp FROM shelf"))
    unread_before = frozenset(location for (location,) in connection.execute("SELECT place FROM unread"))
    there = read_directory_stamps(root)
    changed = [location for location, stamp in sorted(there.items()) if known.get(location) != stamp.text]
    vanished = sorted(known.keys() - there.keys())
    if not changed and not vanished and not unread_before:
        return IndexDelta()
    now_ns = file_system_time_ns(root / INDEX_NAME) if changed else None
    new: set[str] = set()
    gone: set[str] = set()
    for shelf in (*changed, *vanished):
        names = {f"{shelf}/{name}" for name in run_folder_names(root, shelf)} if shelf in there else set()
        rows = write_buffer.locations_in(connection, shelf)
        new |= names - rows
        gone |= rows - names
    listed = {*changed, *vanished}
    new |= {location for location in unread_before if location.rpartition("/")[0] not in listed}
    fresh = tuple(readable(root, sorted(new)))
    return IndexDelta(
        fresh,
        frozenset(gone),
        frozenset(new - {entry.location for entry in fresh}),
        unread_before,
        settled(there, changed, now_ns),
        tuple(vanished),
    )


def settled(
    there: dict[str, Stamp], listed: Iterable[str], now_ns: int | None
) -> tuple[tuple[str, str], ...]:
    """The stamps to remember of shelves that were listed after `there` and `now_ns` were read."""
    return tuple((location, there[location].text) for location in listed if there[location].settled(now_ns))


def fold(connection: sqlite3.Connection, news: IndexDelta) -> None:
    """Write what was found, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    write(connection, news)
    connection.execute("COMMIT")


def write(connection: sqlite3.Connection, news: IndexDelta) -> None:
    """Write what was found, inside the open transaction; the stamps last, because rows void them."""
    write_buffer.put(connection, list(map(row_of, news.fresh)))
    write_buffer.remove(connection, sorted(news.gone))
    for statement, locations in (
        ("INSERT OR IGNORE INTO unread VALUES (?)", news.unread - news.unread_before),
        ("DELETE FROM unread WHERE place = ?", news.unread_before - news.unread),
    ):
        connection.executemany(statement, ((location,) for location in sorted(locations)))
    connection.executemany("DELETE FROM shelf WHERE place = ?", ((location,) for location in news.vanished))
    connection.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?)", news.stamps)


def readable(root: Path, found: Iterable[str]) -> Iterator[Entry]:
    """The entries of the folders that can be read; the others are for `fsck` to explain."""
    for location in found:
        with suppress(ObreleaseError):
            yield read_entry(root, location)
