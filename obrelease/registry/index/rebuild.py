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
from obrelease.registry.index.changes import News, find_news, fold, readable, settled, write
from obrelease.registry.index.database import (
    FAULTS,
    connect,
    demand_integrity,
    discard,
    index_runs,
    is_broken,
    make_runs,
)
from obrelease.registry.index.directory_stamps import disk_now_ns, shelf_names, shelf_stamps
from obrelease.registry.index.rows import PUT, row_of
from obrelease.registry.layout import INDEX_NAME
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import in_chunks

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
            except FAULTS as error:
                if not is_broken(error):
                    raise
            discard(path)
            return _refill(path, root)
    except FAULTS as error:
        hint = "runs are found without it: where it cannot be written, it is made in memory each time"
        raise StorageError(f"{path}: cannot be written: {error}", hint=hint) from error


def fill(
    connection: sqlite3.Connection,
    rows: Iterable[tuple[Any, ...]],
    learned: Callable[[], News] = News,
) -> None:
    """Replace all rows by these, as `row_of` makes them, in one transaction.

    Args:
        learned: called once the rows are there, for what else is known; without it, no shelf is known whole.
    """
    connection.execute(f"PRAGMA cache_size=-{_FILL_CACHE_KIB}")
    connection.execute("BEGIN IMMEDIATE")
    make_runs(connection)
    connection.executemany(PUT, rows)
    index_runs(connection)
    write(connection, learned())
    connection.execute("COMMIT")


def _refill(path: Path, root: Path) -> int:
    """Read every folder, fill, and look once more at the shelves that changed meanwhile."""
    connect(path).close()  # the clock is the file's
    there, now_ns = shelf_stamps(root), disk_now_ns(path)
    places = [f"{shelf}/{name}" for shelf in sorted(there) for name in sorted(shelf_names(root, shelf))]
    unread = set(places)

    def learned() -> News:
        return News(unread=frozenset(unread), stamps=settled(there, sorted(there), now_ns))

    with in_chunks(partial(_rows, root), places) as chunks, closing(connect(path)) as connection:
        demand_integrity(connection, "quick_check")
        fill(connection, _ticked_off(chain.from_iterable(chunks), unread), learned)
        fold(connection, find_news(connection, root))
        return write_buffer.count(connection)


def _ticked_off(rows: Iterable[tuple[Any, ...]], places: set[str]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        places.discard(row[0])
        yield row


def _rows(root: Path, found: Sequence[str]) -> list[tuple[Any, ...]]:
    return [row_of(entry) for entry in readable(root, found)]
