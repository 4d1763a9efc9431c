"""Checks of a replayed ITCH 5.0 file: the books have exactly the orders that the messages leave open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, EventKind, Op, RejectCode
from obengine.feeds.itch50 import ItchDay
from obengine.harness.measure import PassResults
from obengine.harness.outcome import CheckResult

ITCH_VERSION: Final = 2
"""Incremented when the same file would give different commands."""

_OPEN: Final = np.dtype(
    [("symbol", "<u2"), ("side", "u1"), ("order_id", "<u8"), ("price_ticks", "<i8"), ("qty_lots", "<i8")]
)


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
        """Number of messages about orders that the file never introduced."""


def check_itch(day: ItchDay, results: PassResults) -> tuple[CheckResult, ...]:
    """Compare the file with the events and the final books, and look for its end."""
    return (*check_orders(day, results), end_check(day))


def check_orders(day: FeedDay, results: PassResults) -> tuple[CheckResult, ...]:
    """Compare the file with the events and the final books."""
    events = results.events
    refused = events["kind"] == EventKind.REJECTED
    unknown = refused & (events["detail"] == RejectCode.UNKNOWN_ORDER)
    matched = int(np.count_nonzero((events["kind"] == EventKind.TRADED) & (events["order_id"] != 0)))
    carried = CheckResult(
        "commands-carried-out",
        passed=int(unknown.sum()) == int(refused.sum()) and not matched,
        detail="nothing was refused but messages about orders that are not there, and nothing matched",
        counts={
            "messages": sum(day.counts.values()),
            "commands": day.commands.size,
            "refused": int(refused.sum()),
            "refused-unknown-order": int(unknown.sum()),
            "unknown-in-the-file": day.unknown_orders,
            "trades-of-adds": matched,
            **day.counts,
        },
    )
    return carried, books_check(day, results)


def end_check(day: ItchDay) -> CheckResult:
    """Check that a file with the start of a day has its end: a file that was cut lacks it."""
    detail = "the file ends with the end of messages"
    if not day.end_of_messages:
        detail = "a part of a day: it has neither start nor end of messages"
        if day.start_of_messages:
            detail = "the file has the start, but not the end of messages: it was cut, or the day is not over"
    return CheckResult(
        "file-is-complete",
        passed=day.end_of_messages or not day.start_of_messages,
        detail=detail,
        counts={
            "start-of-messages": int(day.start_of_messages),
            "end-of-messages": int(day.end_of_messages),
        },
    )


def books_check(day: FeedDay, results: PassResults) -> CheckResult:
    """Whether every resting order is one that the messages leave open, with its price and its shares."""
    wanted = left_open(day.commands)
    kept = np.zeros(results.snapshot.orders.size, dtype=_OPEN)
    for field in _OPEN.names or ():
        kept[field] = results.snapshot.orders["open_lots" if field == "qty_lots" else field]
    kept.sort(order=["symbol", "order_id"])
    differing = len(set(wanted.tolist()) ^ set(kept.tolist()))
    return CheckResult(
        "books-hold-what-is-left",
        passed=not differing,
        detail="the resting orders are those that the file's messages leave open",
        counts={
            "symbols": len(day.symbols),
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
    found = np.zeros(alive.size, dtype=_OPEN)
    for field in ("symbol", "side", "order_id", "price_ticks"):
        found[field] = ordered[field][heads[alive]]
    found["qty_lots"] = left[alive]
    return found
