"""The index made again from the folders alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from obrelease.errors import StorageError
from obrelease.registry.index import write_buffer
from obrelease.registry.index.changes import IndexDelta, find_changes, fold, readable, settled, write
from obrelease.registry.index.database import (
    INDEX_ERRORS,
    check_integrity,
    connect,
    create_indices,
    create_tables,
    delete_index,
    is_damaged,
)
from obrelease.registry.index.directory_stamps import (
    file_system_time_ns,
    read_directory_stamps,
    run_folder_names,
)
from obrelease.registry.index.rows import INSERT_RUN, row_of
from obrelease.registry.layout import INDEX_NAME
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import map_in_chunks

_FILL_CACHE_KIB: Final = 65_536


def rebuild(root: Path) -> int:
    """Make every row again from the folders alone; returns the number of rows.

    A sound file is kept and its rows replaced in one transaction, because others may be using it;
    only a damaged one is thrown away.

    Raises:
        StorageError: the results folder cannot be listed or the index cannot be written.
    """
    path = root / INDEX_NAME
    try:
        with storage_errors(root, "the index cannot be rebuilt"):
            try:
                return _refill(path, root)
            except INDEX_ERRORS as error:
                if not is_damaged(error):
                    raise
            delete_index(path)
            return _refill(path, root)
    except INDEX_ERRORS as error:
        hint = "runs are found without it: where it cannot be written, it is made in memory each time"
        raise StorageError(f"{path}: cannot be written: {error}", hint=hint) from error


def fill(
    connection: sqlite3.Connection,
    rows: Iterable[tuple[Any, ...]],
    learned: Callable[[], IndexDelta] = IndexDelta,
) -> None:
    """Replace all rows by these, as `row_of` makes them, in one transaction.

    Args:
        learned: called once the rows are there, for what else is known; without it, no shelf is known whole.
    """
    connection.execute(f"PRAGMA cache_size=-{_FILL_CACHE_KIB}")
    connection.execute("BEGIN IMMEDIATE")
    create_tables(connection)
    connection.executemany(INSERT_RUN, rows)
    create_indices(connection)
    write(connection, learned())
    connection.execute("COMMIT")


def _refill(path: Path, root: Path) -> int:
    """Read every folder, fill, and look once more at the shelves that changed meanwhile."""
    connect(path).close()  # the clock is the file's
    there, now_ns = read_directory_stamps(root), file_system_time_ns(path)
    locations = [
        f"{shelf}/{name}" for shelf in sorted(there) for name in sorted(run_folder_names(root, shelf))
    ]
    unread = set(locations)

    def learned() -> IndexDelta:
        return IndexDelta(unread=frozenset(unread), stamps=settled(there, sorted(there), now_ns))

    with map_in_chunks(partial(_rows, root), locations) as chunks, closing(connect(path)) as connection:
        check_integrity(connection, "quick_check")
        fill(connection, _ticked_off(chain.from_iterable(chunks), unread), learned)
        fold(connection, find_changes(connection, root))
        return write_buffer.count(connection)


def _ticked_off(rows: Iterable[tuple[Any, ...]], locations: set[str]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        locations.discard(row[0])
        yield row


def _rows(root: Path, found: Sequence[str]) -> list[tuple[Any, ...]]:
    return [row_of(entry) for entry in readable(root, found)]
