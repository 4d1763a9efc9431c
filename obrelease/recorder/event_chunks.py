"""Digests of the events in chunks, by which a later run locates its first different event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from obengine.api.messages import Events, records_digest
from obrelease.errors import InvalidInput
from obrelease.storage.durable import NewFile

CHUNK_EVENTS: Final = 4_096
CHUNKS_FILE: Final = "events.digests.csv"

_HEADER: Final = "first_sequence,events,sha256"
_ROW: Final = re.compile(r"([0-9]{1,15}),([0-9]{1,15}),([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive events: the sequence number of the first, how many, and the sha256 of their records."""

    first_sequence: int
    events: int
    sha256: str


class ChunkDigests:
    """Digests of the chunks of a run's events, `CHUNK_EVENTS` in each but the last, batch after batch."""

    def __init__(self) -> None:
        self._found: list[Chunk] = []
        self._rest: Events | None = None
        self._next = 0

    def feed(self, events: Events) -> None:
        """Add the next events."""
        held = events if self._rest is None else np.concatenate((self._rest, events))
        whole = held.size - held.size % CHUNK_EVENTS
        for at in range(0, whole, CHUNK_EVENTS):
            self._add(held[at : at + CHUNK_EVENTS])
        self._rest = held[whole:].copy() if whole < held.size else None

    def chunks(self) -> tuple[Chunk, ...]:
        """The chunks, after the last events."""
        if self._rest is not None:
            self._add(self._rest)
            self._rest = None
        return tuple(self._found)

    def file(self) -> NewFile:
        """The digests as a file of the artefact."""
        rows = (f"{chunk.first_sequence},{chunk.events},{chunk.sha256}" for chunk in self.chunks())
        return NewFile(CHUNKS_FILE, "text/csv", "\n".join((_HEADER, *rows, "")).encode("ascii"))

    def _add(self, events: Events) -> None:
        self._found.append(Chunk(self._next, events.size, records_digest(events)))
        self._next += events.size


def digest_chunks(events: Events) -> tuple[Chunk, ...]:
    """The chunks of a run's events."""
    digests = ChunkDigests()
    digests.feed(events)
    return digests.chunks()


def chunks_file(events: Events) -> NewFile:
    """The digests of a run's events as a file of the artefact."""
    digests = ChunkDigests()
    digests.feed(events)
    return digests.file()


def read_chunks(data: bytes, where: str) -> tuple[Chunk, ...]:
    """Read a file that `chunks_file` wrote.

    Raises:
        InvalidInput: it is malformed; names the line.
    """
    header, *rows = data.decode("ascii", "replace").removesuffix("\n").split("\n")
    if header != _HEADER:
        raise InvalidInput(f"{where}: line 1: not {_HEADER!r}")
    found: list[Chunk] = []
    expected = 0
    for line, row in enumerate(rows, start=2):
        parts = _ROW.fullmatch(row)
        if parts is None or int(parts[1]) != expected or int(parts[2]) < 1:
            raise InvalidInput(f"{where}: line {line}: does not continue at event {expected}")
        found.append(Chunk(int(parts[1]), int(parts[2]), parts[3]))
        expected += int(parts[2])
    return tuple(found)
