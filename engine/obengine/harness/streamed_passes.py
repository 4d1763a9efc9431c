"""Passes of a stream of any length, side by side: each batch goes through the book of every pass in turn.

So memory holds a batch and the books, and a stream that can be read only once is enough. A batch is applied
first by the warm-up pass, whose events all other passes must give again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import DigestMismatch
from obengine.api.messages import COMMAND, EVENT, MAX_SYMBOLS, Commands, Events
from obengine.api.protocol import Book, Snapshot
from obengine.harness.clock import now_ns
from obengine.harness.machine import involuntary_switches
from obengine.harness.measure import BATCH_MESSAGES, Progress, ServiceTimes

MakeBooks = Callable[[int], Book]
"""Makes an empty book of a number of symbols."""

Watch = Callable[[Commands, Events], None]
"""Called with each batch and its events, in order."""

_FIRST_SYMBOLS: Final = 16


@dataclass(slots=True)
class _Pass:
    """The book of a pass, its time so far, and the involuntary context switches in it."""

    label: str
    book: Book
    wall_ns: int = 0
    switches: int = 0


@dataclass(slots=True)
class _LatencyPass:
    book: Book
    stride: int
    seen: int = 0
    latency_ns: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StreamedResults:
    """The common final state of all passes, and the time of each pass; see `measure.PassResults`."""

    commands: int
    events: int
    snapshot: Snapshot
    wall_ns: tuple[int, ...]
    preemptions: tuple[int, ...]
    warmup_ns: int
    service: ServiceTimes


class StreamedPasses:
    """A warm-up pass, timed passes, and a pass in which every stride-th message is applied and timed alone.

    Args:
        make: makes the books; they grow with the number of symbols.
        passes: number of timed passes.
        stride: of the messages that are timed alone.
        watch: is given the events of the warm-up pass.
        progress: called with the number of messages finished since its last call.
    """

    def __init__(
        self, make: MakeBooks, passes: int, *, stride: int, watch: Watch, progress: Progress | None
    ) -> None:
        self._make, self._watch, self._progress = make, watch, progress
        self._symbols = _FIRST_SYMBOLS
        self._warmup = _Pass("the warm-up", make(self._symbols))
        self._timed = [_Pass(f"pass {number}", make(self._symbols)) for number in range(1, passes + 1)]
        self._latency = _LatencyPass(make(self._symbols), stride)
        self._commands = self._events = 0

    def apply(self, batch: Commands) -> None:
        """Apply the next batch in every pass.

        Raises:
            DigestMismatch: a pass gave other events than the first.
        """
        self._grow(int(batch["symbol"].max(initial=0)) + 1)
        events = _apply_timed(self._warmup, batch)
        self._watch(batch, events)
        for each in self._timed:
            self._require_same(each.label, events, _apply_timed(each, batch))
        self._require_same("one message at a time", events, _apply_single(self._latency, batch))
        self._commands += batch.size
        self._events += events.size
        if self._progress is not None:
            self._progress(batch.size * (len(self._timed) + 2))

    def finish(self) -> StreamedResults:
        """The results after the last batch.

        Raises:
            DigestMismatch: a pass ended in another state than the first.
        """
        snapshot = self._warmup.book.snapshot()
        state = snapshot.digest()
        for each in self._timed:
            if each.book.state_digest() != state:
                raise DigestMismatch(f"{each.label} ended in another state than the first pass")
        latency_ns = np.array(self._latency.latency_ns, dtype=np.int64)
        return StreamedResults(
            commands=self._commands,
            events=self._events,
            snapshot=snapshot,
            wall_ns=tuple(each.wall_ns for each in self._timed),
            preemptions=tuple(each.switches for each in self._timed),
            warmup_ns=self._warmup.wall_ns,
            service=ServiceTimes(latency_ns, self._latency.stride),
        )

    def _grow(self, symbols: int) -> None:
        """Move to larger books if a batch has more symbols; a book has the number that it was made with."""
        if symbols <= self._symbols:
            return
        self._symbols = min(max(symbols, 2 * self._symbols), MAX_SYMBOLS)
        runs: list[_Pass | _LatencyPass] = [self._warmup, *self._timed, self._latency]
        for each in runs:
            larger = self._make(self._symbols)
            larger.restore(each.book.snapshot())
            each.book = larger

    def _require_same(self, label: str, expected: Events, events: Events) -> None:
        if expected.size == events.size and np.array_equal(expected.view("<u8"), events.view("<u8")):
            return
        common = min(expected.size, events.size)
        differs = np.flatnonzero(events[:common] != expected[:common])
        at = self._events + (int(differs[0]) if differs.size else common)
        raise DigestMismatch(f"{label} gave other events than the first pass, from event {at} on")


def _apply_timed(each: _Pass, batch: Commands) -> Events:
    before = involuntary_switches()
    start = now_ns()
    events = each.book.apply(batch)
    each.wall_ns += now_ns() - start
    each.switches += involuntary_switches() - before
    return events


def _apply_single(run: _LatencyPass, batch: Commands) -> Events:
    """Time every stride-th message alone; apply those between as one untimed batch."""
    apply, clock, keep = run.book.apply, now_ns, run.latency_ns.append
    parts: list[Events] = []
    at = -run.seen % run.stride
    if at:
        parts.append(apply(batch[:at]))
    while at < batch.size:
        one = batch[at : at + 1]
        start = clock()
        events = apply(one)
        keep(clock() - start)
        parts.append(events)
        if run.stride > 1 and at + 1 < batch.size:
            parts.append(apply(batch[at + 1 : at + run.stride]))
        at += run.stride
    run.seen += batch.size
    return np.frombuffer(b"".join([each.tobytes() for each in parts]), EVENT)


def batches_of(parts: Iterable[Commands], size: int = BATCH_MESSAGES) -> Iterator[Commands]:
    """The same commands in batches of one size, but for the last."""
    waiting: list[NDArray[np.void]] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += part.size
        if count >= size:
            joined = np.concatenate(waiting)
            whole = count - count % size
            yield from (joined[at : at + size] for at in range(0, whole, size))
            waiting, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(waiting or [np.zeros(0, COMMAND)])
