"""Replays of ITCH 5.0 files of any length, and checks of feeds with order messages.

The books must have exactly the orders that the messages leave open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, Events, Op, RejectCode
from obengine.api.protocol import Snapshot
from obengine.cores import NATIVE, make_book
from obengine.feeds.itch50 import ItchDay, ItchReader, day_of
from obengine.feeds.itch50_blocks import GZIP_MAGIC
from obengine.feeds.itch50_parts import OPEN_ORDER, ItchFacts, ItchPart
from obengine.feeds.itch50_stream import ItchSelection
from obengine.harness.background import ReadAhead, Worker
from obengine.harness.checks import log_check, pass_checks
from obengine.harness.event_totals import EventTotals
from obengine.harness.log_audit import make_log_audit
from obengine.harness.measure import PassResults, Progress, collector_paused
from obengine.harness.outcome import CheckResult, WorkloadFacts
from obengine.harness.streamed_passes import StreamedPasses, StreamedResults, batches_of

ITCH_VERSION: Final = 3
"""Incremented when the same file would give different commands."""

Sink = Callable[[Events], None]
"""Called with the events of a run, in order, in one or more batches."""

_TIMED: Final = 25_000
_BYTES_A_MESSAGE: Final = 32
_PACKED: Final = 4
_PIPE_STRIDE: Final = 128
"""A latency pass times about `_TIMED` messages of a file, by its size, and every 128th of a pipe."""


class FeedDay(Protocol):
    """What the days of feeds with order messages have in common."""

    @property
    def commands(self) -> Commands:
        """The commands that keep the books in step with the file."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each symbol index."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of messages by name."""

    @property
    def unknown_orders(self) -> int:
        """Number of messages about orders that were not open."""


@dataclass(frozen=True, slots=True)
class ReplayedItch:
    """A replayed ITCH file.

    Attributes:
        counts: number of events by kind and rejects by code.
        day: the whole file, if it was to be kept.
    """

    workload: WorkloadFacts
    facts: ItchFacts
    results: StreamedResults
    events_digest: str
    counts: Mapping[str, int]
    checks: tuple[CheckResult, ...]
    day: ItchDay | None


class _Watch:
    """What is added up over all batches: digests, totals, the audit of the log."""

    def __init__(self, core: str, sinks: Sequence[Sink]) -> None:
        self._commands, self._events = hashlib.sha256(), hashlib.sha256()
        self.totals, self.audit = EventTotals(), make_log_audit(core)
        self._sinks = (self.totals.feed, self.audit.feed, *sinks)

    def feed(self, batch: Commands, events: Events) -> None:
        """Add a batch and its events."""
        self._commands.update(np.ascontiguousarray(batch).view(np.uint8).data)
        self._events.update(events.view(np.uint8).data)
        for sink in self._sinks:
            sink(events)

    def digests(self) -> tuple[str, str]:
        """Of the commands and of the events."""
        return self._commands.hexdigest(), self._events.hexdigest()


def replay_itch(
    path: Path,
    *,
    core: str,
    passes: int,
    selection: ItchSelection,
    progress: Progress | None,
    sinks: Sequence[Sink],
    keep: bool,
) -> ReplayedItch:
    """Replay a file once through the books of all passes; its size takes no memory unless it is kept.

    The native core decodes and digests on threads of their own, beside the measuring one.

    Raises:
        FeedError: the file is malformed.
        DigestMismatch: two passes gave different events or states.
    """
    reader = ItchReader(path, core=core, selection=selection)
    watch = _Watch(core, sinks)
    kept: list[ItchPart] = []
    stride = _stride_of(path)
    with collector_paused(), Worker(inline=core != NATIVE) as worker:

        def watched(batch: Commands, events: Events) -> None:
            worker.run(partial(watch.feed, batch, events))

        runs = StreamedPasses(
            partial(make_book, core), passes, stride=stride, watch=watched, progress=progress
        )
        parts = iter(ReadAhead(iter(reader)) if core == NATIVE else reader)
        for batch in batches_of(_commands_of(parts, kept if keep else None)):
            runs.apply(batch)
    results, facts = runs.finish(), reader.facts()
    commands_digest, events_digest = watch.digests()
    workload = WorkloadFacts(
        name="itch50",
        version=ITCH_VERSION,
        messages=results.commands,
        commands_digest=commands_digest,
        source=reader.source(),
    )
    carried = carried_check(facts.counts, results.commands, facts.unknown_orders, watch.totals)
    checks = (
        *pass_checks(len(results.wall_ns), results.events, results.service),
        log_check(watch.audit.counts(results.snapshot), results.snapshot),
        carried,
        books_check(facts.symbols, facts.left_open, results.snapshot),
        end_check(facts),
    )
    return ReplayedItch(
        workload=workload,
        facts=facts,
        results=results,
        events_digest=events_digest,
        counts=watch.totals.counts(),
        checks=checks,
        day=day_of(reader, kept) if keep else None,
    )


def _commands_of(parts: Iterator[ItchPart], kept: list[ItchPart] | None) -> Iterator[Commands]:
    for part in parts:
        if kept is not None:
            kept.append(part)
        yield part.commands


def _stride_of(path: Path) -> int:
    """The stride of the messages that are timed alone."""
    if not path.is_file():
        return _PIPE_STRIDE
    with path.open("rb") as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    messages = path.stat().st_size * (_PACKED if packed else 1) // _BYTES_A_MESSAGE
    return max(1, messages // _TIMED)


def check_orders(day: FeedDay, results: PassResults) -> tuple[CheckResult, ...]:
    """Compare a file with the events and the final books."""
    totals = EventTotals()
    totals.feed(results.events)
    carried = carried_check(day.counts, day.commands.size, day.unknown_orders, totals)
    return carried, books_check(day.symbols, left_open(day.commands), results.snapshot)


def carried_check(
    messages: Mapping[str, int], commands: int, unknown_orders: int, totals: EventTotals
) -> CheckResult:
    """Check that only messages about orders that are not there were refused, and that nothing matched."""
    refused, unknown = totals.rejected(), totals.rejected(RejectCode.UNKNOWN_ORDER)
    return CheckResult(
        "commands-carried-out",
        passed=unknown == refused and not totals.matched,
        detail="nothing was refused but messages about orders that are not there, and nothing matched",
        counts={
            "messages": sum(messages.values()),
            "commands": commands,
            "refused": refused,
            "refused-unknown-order": unknown,
            "unknown-in-the-file": unknown_orders,
            "trades-of-adds": totals.matched,
            **messages,
        },
    )


def end_check(facts: ItchFacts) -> CheckResult:
    """Check that a file with the start of a day has its end: a file that was cut lacks it."""
    detail = "the file ends with the end of messages"
    if not facts.end_of_messages:
        detail = "a part of a day: it has neither start nor end of messages"
        if facts.start_of_messages:
            detail = "the file has the start, but not the end of messages: it was cut, or the day is not over"
    counts = {
        "start-of-messages": int(facts.start_of_messages),
        "end-of-messages": int(facts.end_of_messages),
    }
    if facts.only_opening:
        detail += "; nothing but the opening book is in the window: it has no message"
        counts["only-the-opening-book"] = 1
    return CheckResult(
        "file-is-complete",
        passed=facts.end_of_messages or not facts.start_of_messages,
        detail=detail,
        counts=counts,
    )


def books_check(symbols: Sequence[str], wanted: NDArray[np.void], snapshot: Snapshot) -> CheckResult:
    """Whether every resting order is one that the messages leave open, with its price and its shares."""
    kept = np.zeros(snapshot.orders.size, dtype=OPEN_ORDER)
    for field in OPEN_ORDER.names or ():
        kept[field] = snapshot.orders["open_lots" if field == "qty_lots" else field]
    kept.sort(order=["symbol", "order_id"])
    differing = len(set(wanted.tolist()) ^ set(kept.tolist()))
    return CheckResult(
        "books-hold-what-is-left",
        passed=not differing,
        detail="the resting orders are those that the file's messages leave open",
        counts={
            "symbols": len(symbols),
            "orders": kept.size,
            "left-open-by-the-file": wanted.size,
            "differing": differing,
        },
    )


def left_open(commands: Commands) -> NDArray[np.void]:
    """The remaining lots of each order by arithmetic on the commands alone, without matching.

    One record per order with lots left, by symbol and id. An id that is introduced again counts from its last
    introduction.
    """
    commands = commands[commands["op"] != Op.STATE]
    key = commands["symbol"].astype(np.uint64), commands["order_id"]
    order = np.lexsort((np.arange(commands.size), key[1], key[0]))
    ordered = commands[order]
    new = ordered["op"] == Op.NEW
    first = np.ones(ordered.size, dtype=bool)
    first[1:] = (ordered["symbol"][1:] != ordered["symbol"][:-1]) | (
        ordered["order_id"][1:] != ordered["order_id"][:-1]
    )
    starts = first | new
    groups = np.cumsum(starts) - 1
    count = int(groups[-1]) + 1 if ordered.size else 0
    whole = (ordered["op"] == Op.CANCEL) & (ordered["qty_lots"] == 0)
    lots = np.where(new, ordered["qty_lots"], -ordered["qty_lots"].astype(np.int64))
    left = np.zeros(count, dtype=np.int64)
    np.add.at(left, groups, lots)
    gone = np.zeros(count, dtype=bool)
    gone[groups[whole]] = True
    ends = np.append(np.flatnonzero(first)[1:], ordered.size) - 1
    last_group = groups[ends] if ordered.size else np.zeros(0, dtype=np.int64)
    heads = np.flatnonzero(starts)
    alive = last_group[(left[last_group] > 0) & ~gone[last_group] & new[heads[last_group]]]
    found = np.zeros(alive.size, dtype=OPEN_ORDER)
    for field in ("symbol", "side", "order_id", "price_ticks"):
        found[field] = ordered[field][heads[alive]]
    found["qty_lots"] = left[alive]
    return found
