"""Making the index again from the run folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

from obrelease.errors import StorageError
from obrelease.registry.index import write_buffer
from obrelease.registry.index.changes import (
    IndexDelta,
    apply_changes,
    find_changes,
    read_entries,
    settled_stamps,
    write_changes,
)
from obrelease.registry.index.database import (
    INDEX_ERRORS,
    IndexConnection,
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
from obrelease.registry.index.ownership import NoIndexSecret
from obrelease.registry.index.rows import INSERT_RUN, row_of
from obrelease.registry.layout import INDEX_NAME
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import map_in_chunks

_CACHE_KIB: Final = 65_536


def rebuild(root: Path) -> int:
    """Make every row again from the run folders; returns the number of rows.

    The rows of a sound file are replaced in one transaction, because other processes may be using it.
    Only a damaged file is deleted. Without a secret there is no file, and the runs are only counted.

    Raises:
        StorageError: the results folder cannot be listed or the index cannot be written.
    """
    path = root / INDEX_NAME
    try:
        with storage_errors(root, "the index cannot be rebuilt"):
            try:
                return _refill(path, root)
            except NoIndexSecret:
                return _count(root)
            except INDEX_ERRORS as error:
                if not is_damaged(error):
                    raise
            delete_index(path)
            return _refill(path, root)
    except INDEX_ERRORS as error:
        hint = "runs are found without it: an index that cannot be written is made in memory each time"
        raise StorageError(f"{path}: cannot be written: {error}", hint=hint) from error


def _count(root: Path) -> int:
    with closing(connect(None)) as connection:
        return len(find_changes(connection, root).added)


def replace_rows(
    connection: IndexConnection,
    rows: Iterable[tuple[Any, ...]],
    rest: Callable[[], IndexDelta] = IndexDelta,
) -> None:
    """Replace all rows by these, as `row_of` makes them, in one transaction.

    Args:
        rest: called after the rows are written, for the stamps and unreadable folders; by default none
            are stored, so the next reader lists every folder.
    """
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    connection.execute("BEGIN IMMEDIATE")
    create_tables(connection)
    connection.executemany(INSERT_RUN, rows)
    create_indices(connection)
    write_changes(connection, rest())
    connection.execute("COMMIT")


def _refill(path: Path, root: Path) -> int:
    """Read every folder, replace all rows, and look again at the folders that changed meanwhile."""
    with closing(connect(path)) as first:  # it must exist: its time is the file system's clock
        key = first.seal_key
    stamps, now_ns = read_directory_stamps(root), file_system_time_ns(path)
    locations = [
        f"{folder}/{name}" for folder in sorted(stamps) for name in sorted(run_folder_names(root, folder))
    ]
    unread = set(locations)

    def rest() -> IndexDelta:
        return IndexDelta(unreadable=frozenset(unread), stamps=settled_stamps(stamps, sorted(stamps), now_ns))

    with map_in_chunks(partial(_rows, root, key), locations) as chunks, closing(connect(path)) as connection:
        check_integrity(connection, "quick_check")
        replace_rows(connection, _remove_read(chain.from_iterable(chunks), unread), rest)
        apply_changes(connection, find_changes(connection, root))
        return write_buffer.count(connection)


def _remove_read(rows: Iterable[tuple[Any, ...]], unread: set[str]) -> Iterator[tuple[Any, ...]]:
    """Pass the rows on and remove their locations from `unread`."""
    for row in rows:
        unread.discard(row[0])
        yield row


def _rows(root: Path, key: bytes, locations: Sequence[str]) -> list[tuple[Any, ...]]:
    return [row_of(entry, key) for entry in read_entries(root, locations)]
