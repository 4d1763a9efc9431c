"""Checks of a replayed LOBSTER day: the touch of every row, and the consistency of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Side
from obengine.api.protocol import Book
from obengine.feeds.lobster import LobsterDay
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Cause
from obengine.feeds.order_conflicts import ConflictKind
from obengine.harness.measure import PassResults
from obengine.harness.outcome import CheckResult
from obengine.harness.touch import Touches, depth_after, one_event_each, touches_after

LOBSTER_VERSION: Final = 1
"""Incremented when the same file would give different commands."""

_PROBES: Final = 500
_MIN_FITTED_PERCENT: Final = 99
"""Not 100, because hidden orders of a real day trade before visible ones."""


def check_day(
    day: LobsterDay, results: PassResults, fresh: Book
) -> tuple[tuple[CheckResult, ...], Mapping[str, NDArray[np.int64]]]:
    """Compare the events and the depth of a new book with the orderbook file; also return the series."""
    carried_out = one_event_each(day.commands, results.events)
    commands = CheckResult(
        "commands-carried-out",
        passed=carried_out,
        detail="each command of the feed gave one event, no reject and no match of its own",
        counts={"commands": day.commands.size, "events": results.events.size},
    )
    named = (orders_check(day), causes_check(day), queues_check(day))
    if not carried_out:
        return (commands, _touch_not_compared(day), *named), {}
    touches = touches_after(day.commands, results.events, day.row_end)
    series = {
        "time_ns": day.times_ns,
        "ask_ticks": touches[:, 0],
        "ask_lots": touches[:, 1],
        "bid_ticks": touches[:, 2],
        "bid_lots": touches[:, 3],
        "ask_depth_lots": depth_after(day.commands, results.events, day.row_end, Side.SELL),
        "bid_depth_lots": depth_after(day.commands, results.events, day.row_end, Side.BUY),
    }
    checks = (commands, touch_check(day, touches), _depth_check(day, touches, fresh), *named)
    return checks, series


def orders_check(day: LobsterDay) -> CheckResult:
    """Check that each order has one price and one side, and never loses more than its lots."""
    found = Counter(each.conflict for each in day.order_conflicts)
    detail = "no message contradicts what its order is known to be"
    if day.order_conflicts:
        first = day.order_conflicts[0]
        detail = (
            f"first at {day.name}:{first.line}:{first.column}: {first.conflict}: {first.value}"
            f" where the order has {first.known}"
        )
    return CheckResult(
        "orders-agree",
        passed=not found,
        detail=detail,
        counts={"messages": day.times_ns.size}
        | {str(conflict): found[conflict] for conflict in ConflictKind},
    )


def causes_check(day: LobsterDay) -> CheckResult:
    """Check that every unusual row has a named cause."""
    counts = day.cause_counts()
    return CheckResult(
        "named-causes",
        passed=not counts["unexplained"],
        detail="every row of the file that is out of the ordinary is so for a named cause",
        counts=counts,
    )


def queues_check(day: LobsterDay) -> CheckResult:
    """Check that known orders are deleted with the tracked size and executed at the head of the queue."""
    fitted = day.queues
    shares = ((fitted.exact_deletions, fitted.deletions), (fitted.head_executions, fitted.executions))
    return CheckResult(
        "queue-positions",
        passed=all(100 * fits >= _MIN_FITTED_PERCENT * of_all for fits, of_all in shares),
        detail=f"of orders that the file introduced, at least {_MIN_FITTED_PERCENT} % are deleted"
        " with the tracked size and executed at the head",
        counts={
            "deletions": fitted.deletions,
            "deletions-of-tracked-size": fitted.exact_deletions,
            "executions": fitted.executions,
            "executions-at-head": fitted.head_executions,
        },
    )


def touch_check(day: LobsterDay, touches: Touches) -> CheckResult:
    """Check that the touch equals the file's after every row but the first, or differs for a named cause."""
    differs = (touches != day.touches).any(axis=1)
    differs[0] = False
    halted = differs & ((day.causes & Cause.HALT) > 0)
    unexplained = np.flatnonzero(differs & ~halted)
    detail = "best price and size of both sides are the file's after every row, or differ for a named cause"
    if unexplained.size:
        row = int(unexplained[0])
        detail = (
            f"first at row {row + 1}: ask {_level(touches[row, :2])}, bid {_level(touches[row, 2:])}; "
            f"the file has ask {_level(day.touches[row, :2])}, bid {_level(day.touches[row, 2:])}"
        )
    return CheckResult(
        "touch-holds",
        passed=not unexplained.size,
        detail=detail,
        counts={
            "rows": differs.size - 1,
            "rows-held": int(differs.size - 1 - differs.sum()),
            "rows-explained": int(halted.sum()),
            "rows-unexplained": unexplained.size,
        },
    )


def _touch_not_compared(day: LobsterDay) -> CheckResult:
    rows = day.row_end.size - 1
    return CheckResult(
        "touch-holds",
        passed=False,
        detail="not compared, because the core did not carry out the commands one by one",
        counts={"rows": rows, "rows-held": 0, "rows-explained": 0, "rows-unexplained": rows},
    )


def _depth_check(day: LobsterDay, touches: Touches, book: Book) -> CheckResult:
    """Compare the depth of a book with its events at evenly spaced rows, including the last."""
    rows = np.unique(np.linspace(0, day.row_end.size - 1, _PROBES).astype(np.int64)).tolist()
    agreed = done = 0
    for row in rows:
        end = int(day.row_end[row])
        book.apply(day.commands[done:end])
        done = end
        agreed += _depth_touch(book) == tuple(touches[row].tolist())
    return CheckResult(
        "depth-agrees",
        passed=agreed == len(rows),
        detail="the book's own best prices and sizes are what its events add up to, at evenly spaced rows",
        counts={"rows-asked": len(rows), "rows-agreed": agreed},
    )


def _depth_touch(book: Book) -> tuple[int, int, int, int]:
    asks, bids = book.depth(Side.SELL, 1), book.depth(Side.BUY, 1)
    ask = (asks[0].price_ticks, asks[0].qty_lots) if asks else (NO_ASK, 0)
    bid = (bids[0].price_ticks, bids[0].qty_lots) if bids else (NO_BID, 0)
    return *ask, *bid


def _level(pair: NDArray[np.int64]) -> str:
    return f"{pair[1]} at {pair[0]}"
