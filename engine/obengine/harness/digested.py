"""A batch and the digest of its events: on two threads if the book and the processors allow it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from obengine.api.messages import Commands, Events, records_digest
from obengine.api.protocol import Book, DigestingBook
from obengine.harness.clock import now_ns

LEAST_MESSAGES: Final = 16_384
"""With fewer messages, starting a thread costs more than it saves."""


@dataclass(frozen=True, slots=True)
class DigestedPass:
    """The events of a batch, their digest, and the nanoseconds of matching without the digest.

    `threads` is 2 if the events were digested on a second thread, else 1.
    """

    events: Events
    events_digest: str
    matching_ns: int
    threads: int


def apply_digested(book: Book, commands: Commands) -> DigestedPass:
    """Apply a batch and digest its events.

    Raises:
        BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
    """
    if commands.size >= LEAST_MESSAGES and isinstance(book, DigestingBook) and available_processors() > 1:
        given = book.apply_digested(commands)
        return DigestedPass(given.events, given.events_digest, given.matching_ns, threads=2)
    start = now_ns()
    events = book.apply(commands)
    matching_ns = now_ns() - start
    return DigestedPass(events, records_digest(events), matching_ns, threads=1)


def available_processors() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
