"""Passes of one command stream over new books: wall times, service times, equal events."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import DigestMismatch
from obengine.api.messages import EVENT, Commands, Events
from obengine.api.protocol import Book, Snapshot
from obengine.harness.clock import now_ns
from obengine.harness.digested import apply_digested
from obengine.harness.event_totals import EventTotals
from obengine.harness.machine import involuntary_switches

MakeBook = Callable[[], Book]
Progress = Callable[[int], None]
"""Called repeatedly with the number of messages finished since the last call."""

TIMED_LIMIT: Final = 250_000
"""The approximate maximum number of messages timed in a latency pass, evenly spread over the stream."""

BATCH_MESSAGES: Final = 65_536
"""The batch size of a timed pass, as in a program that reads a stream."""

_PROGRESS_STRIDE: Final = 4_096


@dataclass(frozen=True, slots=True)
class PassResults:
    """The common results of all passes, and the time of each pass.

    Attributes:
        preemptions: number of involuntary context switches during each pass, in order.
        warmup_ns: the time of the warm-up pass, without the digest.
        digest_threads: 2 if the events were digested on a second thread during the warm-up pass.
    """

    events: Events
    events_digest: str
    snapshot: Snapshot
    wall_ns: tuple[int, ...]
    preemptions: tuple[int, ...] = ()
    warmup_ns: int = 0
    digest_threads: int = 1


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Service times of the messages `0, stride, 2 * stride, ...`, timer overhead included."""

    latency_ns: NDArray[np.int64]
    stride: int


def run_passes(commands: Commands, make: MakeBook, passes: int, progress: Progress | None) -> PassResults:
    """One warm-up pass, then `passes` timed passes, each over the whole stream on a new book.

    A timed pass applies batches of `BATCH_MESSAGES`. The events of each batch and the final state are
    compared
    with those of the first pass, outside the timing.

    Raises:
        DigestMismatch: a pass gave different events or a different state.
    """
    report = progress or _no_progress
    book = make()
    warmup = apply_digested(book, commands)
    first = PassResults(warmup.events, warmup.events_digest, book.snapshot(), ())
    state_digest = first.snapshot.digest()
    report(commands.size)
    wall_ns, preemptions = [], []
    for number in range(1, passes + 1):
        book = make()
        taken_ns, switches = _timed_pass(f"pass {number}", commands, book, first)
        wall_ns.append(taken_ns)
        preemptions.append(switches)
        if book.state_digest() != state_digest:
            raise DigestMismatch(f"pass {number} ended in another state than the first pass")
        report(commands.size)
    return replace(
        first,
        wall_ns=tuple(wall_ns),
        preemptions=tuple(preemptions),
        warmup_ns=warmup.matching_ns,
        digest_threads=warmup.threads,
    )


def _timed_pass(label: str, commands: Commands, book: Book, first: PassResults) -> tuple[int, int]:
    """The time of a new book for the whole stream, and the number of involuntary context switches."""
    taken_ns = switches = seen = 0
    with collector_paused():
        for at in range(0, max(commands.size, 1), BATCH_MESSAGES):
            batch = commands[at : at + BATCH_MESSAGES]
            before = involuntary_switches()
            start = now_ns()
            events = book.apply(batch)
            taken_ns += now_ns() - start
            switches += involuntary_switches() - before
            seen += _require_same_events(label, first, events, seen)
    _require_all_events(label, first, seen)
    return taken_ns, switches


def time_messages(
    commands: Commands,
    make: MakeBook,
    expected: PassResults,
    progress: Progress | None,
    limit: int | None = None,
) -> ServiceTimes:
    """One more pass in which messages are applied and timed one by one.

    In a stream longer than `limit` (`TIMED_LIMIT` if None), every stride-th message is timed and those
    between
    are applied as one untimed batch. The events must equal those of the whole batch.

    Raises:
        DigestMismatch: single messages gave different events than the whole batch.
    """
    report = progress or _no_progress
    total = commands.size
    stride = max(1, -(-total // (limit or TIMED_LIMIT)))
    latency_ns = np.zeros(-(-total // stride), dtype=np.int64)
    batches: list[Events] = []
    apply, clock = make().apply, now_ns
    reported = 0
    with collector_paused():
        for index, at in enumerate(range(0, total, stride)):
            one = commands[at : at + 1]
            start = clock()
            events = apply(one)
            latency_ns[index] = clock() - start
            batches.append(events)
            if stride > 1 and at + 1 < total:
                batches.append(apply(commands[at + 1 : at + stride]))
            if at - reported >= _PROGRESS_STRIDE:
                report(at - reported)
                reported = at
    report(total - reported)
    # np.concatenate promotes the record type once per batch, which would take longer than the replay.
    seen = b"".join([each.tobytes() for each in batches])
    label = "one message at a time"
    _require_all_events(label, expected, _require_same_events(label, expected, np.frombuffer(seen, EVENT), 0))
    return ServiceTimes(latency_ns, stride)


def tally(events: Events) -> dict[str, int]:
    """Number of events by kind and rejects by code, in the order of the codes, without zeros."""
    totals = EventTotals()
    totals.feed(events)
    return totals.counts()


def _require_same_events(label: str, first: PassResults, events: Events, at: int) -> int:
    """Require that the first pass gave these events from event `at` on; return their number."""
    expected = first.events[at : at + events.size]
    if expected.size == events.size and np.array_equal(expected.view(np.uint8), events.view(np.uint8)):
        return events.size
    differs = np.flatnonzero(events[: expected.size] != expected)
    at += int(differs[0]) if differs.size else expected.size
    raise DigestMismatch(f"{label} gave other events than the first pass, from event {at} on")


def _require_all_events(label: str, first: PassResults, seen: int) -> None:
    if seen != first.events.size:
        raise DigestMismatch(f"{label} gave {seen} events, not the {first.events.size} of the first pass")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Disable the garbage collector during timing and restore it afterwards."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _no_progress(_: int) -> None:
    return
