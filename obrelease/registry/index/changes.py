"""Differences between the run folders and the index: how they are found and written to the index."""

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
from obrelease.registry.index.database import IndexConnection
from obrelease.registry.index.directory_stamps import (
    DirectoryStamp,
    file_system_time_ns,
    read_directory_stamps,
    run_folder_names,
)
from obrelease.registry.index.rows import row_of
from obrelease.registry.layout import INDEX_NAME

FLUSH_AT_RUNS: Final = 256
"""From this number on, new runs are written to the index even while their scenario folder is changing."""


@dataclass(frozen=True, slots=True)
class IndexDelta:
    """What differs between the run folders and the index.

    Attributes:
        added: runs that have no row.
        removed: locations of rows whose folders are gone.
        unreadable: locations of folders whose envelope cannot be trusted.
        known_unreadable: those that the index lists as unreadable.
        stamps: (scenario folder, stamp) of the listed folders whose later changes will be visible.
        removed_folders: scenario folders that are gone.
    """

    added: tuple[Entry, ...] = ()
    removed: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    known_unreadable: frozenset[str] = frozenset()
    stamps: tuple[tuple[str, str], ...] = ()
    removed_folders: tuple[str, ...] = ()

    @property
    def should_flush(self) -> bool:
        """Whether writing it saves the next reader work; a few runs in a changing folder do not."""
        repaired = self.known_unreadable - self.unreadable
        flags = (self.stamps, self.removed_folders, self.removed, repaired)
        return any(flags) or len(self.added) >= FLUSH_AT_RUNS


def find_changes(connection: sqlite3.Connection, root: Path) -> IndexDelta:
    """Compare the scenario folders with their stamps, list those that differ, read the new runs.

    Stamps and the clock are read before the listing, so that a change in between is visible next time.
    """
    known = dict(connection.execute("SELECT place, stamp FROM scenario_folder"))
    known_unreadable = frozenset(location for (location,) in connection.execute("SELECT place FROM unread"))
    current = read_directory_stamps(root)
    changed = [folder for folder, stamp in sorted(current.items()) if known.get(folder) != stamp.text]
    removed_folders = sorted(known.keys() - current.keys())
    if not changed and not removed_folders and not known_unreadable:
        return IndexDelta()
    now_ns = file_system_time_ns(root / INDEX_NAME) if changed else None
    new: set[str] = set()
    removed: set[str] = set()
    for folder in (*changed, *removed_folders):
        names = (
            {f"{folder}/{name}" for name in run_folder_names(root, folder)} if folder in current else set()
        )
        rows = write_buffer.locations_in(connection, folder)
        new |= names - rows
        removed |= rows - names
    listed = {*changed, *removed_folders}
    new |= {location for location in known_unreadable if location.rpartition("/")[0] not in listed}
    added = tuple(read_entries(root, sorted(new)))
    return IndexDelta(
        added,
        frozenset(removed),
        frozenset(new - {entry.location for entry in added}),
        known_unreadable,
        settled_stamps(current, changed, now_ns),
        tuple(removed_folders),
    )


def settled_stamps(
    stamps: dict[str, DirectoryStamp], listed: Iterable[str], now_ns: int | None
) -> tuple[tuple[str, str], ...]:
    """The stamps to store for folders that were listed after `stamps` and `now_ns` were read."""
    return tuple((folder, stamps[folder].text) for folder in listed if stamps[folder].settled(now_ns))


def apply_changes(connection: IndexConnection, delta: IndexDelta) -> None:
    """Write a delta to the index in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    write_changes(connection, delta)
    connection.execute("COMMIT")


def write_changes(connection: IndexConnection, delta: IndexDelta) -> None:
    """Write a delta inside the open transaction; the stamps last, because changed rows clear them."""
    write_buffer.insert_rows(connection, [row_of(entry, connection.seal_key) for entry in delta.added])
    write_buffer.delete_rows(connection, sorted(delta.removed))
    for statement, keys in (
        ("INSERT OR IGNORE INTO unread VALUES (?)", sorted(delta.unreadable - delta.known_unreadable)),
        ("DELETE FROM unread WHERE place = ?", sorted(delta.known_unreadable - delta.unreadable)),
        ("DELETE FROM scenario_folder WHERE place = ?", delta.removed_folders),
    ):
        connection.executemany(statement, ((key,) for key in keys))
    connection.executemany("INSERT OR REPLACE INTO scenario_folder VALUES (?, ?)", delta.stamps)


def read_entries(root: Path, locations: Iterable[str]) -> Iterator[Entry]:
    """The entries of the folders that can be read; `fsck` reports the others."""
    for location in locations:
        with suppress(ObreleaseError):
            yield read_entry(root, location)
