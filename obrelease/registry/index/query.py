"""Queries on the index: derived from the run folders, updated by each reader; it may be deleted.

Rows only lead to folders; the files of a run are hashed again when it is used. The file has the mark of
its user and each row a seal (see `ownership`), so that every row was made by this user's program from an
envelope that it had hashed. An index that is corrupt, or was made by anybody else, is deleted and made
again. One that is of another user, tracked by git or not writable is left alone, and made in memory.

Writers of runs never touch the index. A reader lists the scenario folders whose stamp differs from the
index (see `directory_stamps`), reads the envelopes of new runs, and answers from both. Changes that are
settled are then written to the file in one transaction, unless another reader is doing so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.index import write_buffer
from obrelease.registry.index.changes import apply_changes, find_changes
from obrelease.registry.index.database import (
    INDEX_ERRORS,
    IndexConnection,
    check_integrity,
    connect,
    delete_index,
    is_damaged,
)
from obrelease.registry.index.directory_stamps import read_directory_stamps
from obrelease.registry.index.filter_sql import select_entries
from obrelease.registry.index.ownership import NoIndexSecret, UnusableIndex
from obrelease.registry.index.rows import COLUMNS, ForeignIndex, newest_first, values_of_row
from obrelease.registry.layout import INDEX_NAME, unread_folders
from obrelease.storage.system_errors import storage_errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """The index as it is on the disk, without any update or repair.

    Attributes:
        state: `absent`, `damaged`, `foreign` (not this user's, so the next query makes it again),
            `unreachable` (locked, not permitted, or tracked by git) or `readable`.
        rows: by location, as `rows.values_of` makes them; every seal was checked.
        current_folders: scenario folders of which the index has all runs, by their stamps.
        reason: why it is not readable.
    """

    state: str
    rows: dict[str, tuple[Any, ...]]
    current_folders: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The runs that match a query.

    Attributes:
        entries: the runs, newest first.
        unreadable: locations of all folders whose envelope cannot be trusted, sorted.
        warning: why the index is not used, or folders are not read, if the user can do something about it.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[str, ...]
    warning: str | None = None


def query(root: Path, where: Filter, limit: int | None = None) -> QueryResult:
    """The runs that match the filter, newest first, as the folders are now.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    if not root.is_dir():
        return QueryResult((), ())
    with storage_errors(root, "cannot be listed"):
        found, warning = _with_index(root, lambda connection: _query(connection, root, where, limit))
        unread = unread_folders(root)
    return replace(found, warning="; ".join(filter(None, (warning, _unread_warning(root, unread)))) or None)


def _unread_warning(root: Path, unread: list[str]) -> str | None:
    if not unread:
        return None
    more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
    reason = "a symbolic link" if (root / unread[0]).is_symlink() else "its name is not UTF-8"
    return f"{root / unread[0]}{more}: not read: {reason}"


def delete_rows(root: Path, locations: Iterable[str]) -> None:
    """Delete the rows of runs that are about to be removed, so that `fsck` does not report them as lost.

    If the index cannot be written, the next reader deletes the rows.
    """
    if not (root / INDEX_NAME).exists():
        return
    with suppress(*INDEX_ERRORS), closing(connect(root / INDEX_NAME)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        write_buffer.delete_rows(connection, locations)
        connection.execute("COMMIT")


def read_index(root: Path) -> IndexSnapshot:
    """Read all rows without updating anything.

    Raises:
        OSError: the results folder cannot be listed.
    """
    path = root / INDEX_NAME
    if not path.exists():
        return IndexSnapshot("absent", {})
    try:
        with closing(connect(path)) as connection:
            check_integrity(connection)
            rows = _all_rows(connection)
            known = dict(connection.execute("SELECT place, stamp FROM scenario_folder"))
    except ForeignIndex as error:
        return IndexSnapshot("foreign", {}, reason=str(error))
    except INDEX_ERRORS as error:
        return IndexSnapshot("damaged" if is_damaged(error) else "unreachable", {}, reason=str(error))
    stamps = read_directory_stamps(root)
    current = frozenset(folder for folder, stamp in stamps.items() if known.get(folder) == stamp.text)
    return IndexSnapshot("readable", rows, current)


def _all_rows(connection: IndexConnection) -> dict[str, tuple[Any, ...]]:
    columns = ", ".join(COLUMNS)
    found = connection.execute(f"SELECT {columns} FROM run UNION ALL SELECT {columns} FROM recent")  # noqa: S608
    return {row[0]: values_of_row(connection.seal_key, row) for row in found}


def _with_index(root: Path, action: Callable[[IndexConnection], T]) -> tuple[T, str | None]:
    """Run an action on the file; if it is damaged, on a new file; if it is unusable, in memory.

    Returns:
        what the action returned, and why the file is not used, if the user can do something about it.
    """
    path = root / INDEX_NAME
    warning = None
    for _ in range(2):
        try:
            with closing(connect(path)) as connection:
                return action(connection), None
        except NoIndexSecret:
            break
        except UnusableIndex as error:
            warning = str(error)
            break
        except INDEX_ERRORS as error:
            if not is_damaged(error):
                break
            try:
                delete_index(path)
            except OSError:
                break
    with closing(connect(None)) as connection:
        return action(connection), warning


def _query(connection: IndexConnection, root: Path, where: Filter, limit: int | None) -> QueryResult:
    connection.execute("BEGIN")
    delta = find_changes(connection, root)
    indexed = select_entries(connection, root, where, None if delta.removed else limit)
    added = sorted(filter(where.accepts, delta.added), key=newest_first)
    if delta.removed:
        indexed = (entry for entry in indexed if entry.location not in delta.removed)
    entries = tuple(islice(merge(indexed, added, key=newest_first) if added else indexed, limit))
    connection.execute("COMMIT")
    if delta.should_flush:
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA busy_timeout=0")
            apply_changes(connection, delta)
    return QueryResult(entries, tuple(sorted(delta.unreadable)))
