"""Rows of the index: an entry as a row and back, protected by a keyed checksum (`seal`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from obrelease.registry.entry import Entry
from obrelease.storage.hashing import keyed_digest

COLUMNS: Final = (
    "place", "digest", "kind", "scenario", "created_ns", "size_bytes", "core", "commit_id", "dirty",
    "workload", "messages", "events_digest", "checks_failed", "seal",
)  # fmt: skip
_VALUES: Final = f"({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
INSERT_RUN: Final = f"INSERT OR REPLACE INTO run {_VALUES}"
INSERT_BUFFERED: Final = f"INSERT OR REPLACE INTO recent {_VALUES}"

TIME_OFFSET_NS: Final = 2**63
"""Subtracted from times of creation, because SQLite's integers are signed and times reach 2^64."""

_SEAL_BYTES: Final = 8
_SEALED: Final = len(COLUMNS) - 1


class DamagedIndex(Exception):
    """The file is not an index of this program, or a row does not match its seal."""


class ForeignIndex(DamagedIndex):
    """The file was not made by this version of the program for this user, or was copied."""


def values_of(entry: Entry) -> tuple[Any, ...]:
    """What the index has of an entry: its row without the seal."""
    return (
        entry.location, entry.digest, entry.kind, entry.scenario, entry.created_ns - TIME_OFFSET_NS,
        entry.size_bytes, entry.core, entry.commit, None if entry.dirty is None else int(entry.dirty),
        entry.workload, entry.messages, entry.events_digest, entry.checks_failed,
    )  # fmt: skip


def row_of(entry: Entry, key: bytes) -> tuple[Any, ...]:
    """The row of an entry, its seal last.

    Args:
        key: the seal key of the index, `IndexConnection.seal_key`.
    """
    values = values_of(entry)
    return (*values, _seal(values, key))


def values_of_row(key: bytes, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row without its seal.

    Raises:
        DamagedIndex: the row does not match its seal.
    """
    values = row[:_SEALED]
    if _seal(values, key) != row[_SEALED]:
        raise DamagedIndex("a row does not match its seal")
    return values


def entry_of_row(root: Path, key: bytes, row: tuple[Any, ...]) -> Entry:
    """The entry of a row; raises as `values_of_row`."""
    location, digest, kind, scenario, created, size, core, commit, dirty, *rest = values_of_row(key, row)
    created_ns, is_dirty = created + TIME_OFFSET_NS, None if dirty is None else bool(dirty)
    return Entry(digest, kind, scenario, root, location, created_ns, size, core, commit, is_dirty, *rest)


def newest_first(entry: Entry) -> tuple[int, str, str]:
    """The sort key of entries."""
    return -entry.created_ns, entry.digest, entry.location


def _seal(values: tuple[Any, ...], key: bytes) -> str:
    return keyed_digest(key, repr(values).encode("utf-8", "backslashreplace"), _SEAL_BYTES)
