"""Checks of replayed LOBSTER days: every level of every row, and the consistency of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, Events, Side
from obengine.api.protocol import Book
from obengine.feeds.lobster import LobsterDay
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Cause, Message
from obengine.feeds.order_conflicts import ConflictKind
from obengine.harness.levels import compare_levels
from obengine.harness.measure import PassResults
from obengine.harness.outcome import CheckResult
from obengine.harness.touch import Touches, depth_after, one_event_each, touches_after
from obengine.harness.units import LOBSTER_UNITS

LOBSTER_VERSION: Final = 1
"""Incremented when the same file would give different commands."""

_PROBES: Final = 500
_NAMED_ROWS: Final = 10
_MIN_FITTED_PERCENT: Final = 99
"""Not 100, because hidden orders of a real day trade before visible ones."""

_TYPE, _PRICE = 1, 4


@dataclass(frozen=True, slots=True)
class ReplayedDay:
    """A day as part of a run: its symbol index, its commands as they were applied, and their events."""

    day: LobsterDay
    symbol: int
    commands: Commands
    events: Events


def commands_of(days: Sequence[LobsterDay]) -> Commands:
    """The commands of all days, one after another; the book of each day is a symbol of its own."""
    if len(days) == 1:
        return days[0].commands
    parts = []
    for symbol, day in enumerate(days):
        part = day.commands.copy()
        part["symbol"] = symbol
        parts.append(part)
    return np.concatenate(parts)


def check_days(
    days: Sequence[LobsterDay], commands: Commands, results: PassResults, fresh: Book
) -> tuple[tuple[CheckResult, ...], Mapping[str, NDArray[np.int64]]]:
    """Compare the events and the depth of a new book with the orderbook files.

    Also returns the series of a run of one day; several days have no common time axis.
    """
    carried_out = one_event_each(commands, results.events)
    named = (
        _sum_checks([orders_check(day) for day in days], days),
        _sum_checks([causes_check(day) for day in days], days),
        _sum_checks([queues_check(day) for day in days], days),
    )
    carried = CheckResult(
        "commands-carried-out",
        passed=carried_out,
        detail="each command of the feed gave one event, no reject and no match of its own",
        counts={"commands": commands.size, "events": results.events.size},
    )
    if not carried_out:
        missing = [_sum_checks([check(day) for day in days], days) for check in (_no_touch, _no_levels)]
        return (carried, *missing, *named), {}
    replayed = list(_replayed(days, commands, results.events))
    touches = [touches_after(each.commands, each.events, each.day.row_end) for each in replayed]
    series = day_series(replayed[0], touches[0]) if len(days) == 1 else {}
    compared = [
        _sum_checks([touch_check(day, touch) for day, touch in zip(days, touches, strict=True)], days),
        _sum_checks([levels_check(each) for each in replayed], days),
        _sum_checks(
            [_depth_check(each, touch, fresh) for each, touch in zip(replayed, touches, strict=True)], days
        ),
    ]
    return (carried, *compared, *named), series


def _replayed(days: Sequence[LobsterDay], commands: Commands, events: Events) -> Iterator[ReplayedDay]:
    start = 0
    for symbol, day in enumerate(days):
        end = start + day.commands.size
        yield ReplayedDay(day, symbol, commands[start:end], events[start:end])
        start = end


def day_series(replayed: ReplayedDay, touches: Touches) -> Mapping[str, NDArray[np.int64]]:
    """The touch and the depth after each row of a day; each command must have one event."""
    day, commands, events = replayed.day, replayed.commands, replayed.events
    return {
        "time_ns": day.times_ns,
        "ask_ticks": touches[:, 0],
        "ask_lots": touches[:, 1],
        "bid_ticks": touches[:, 2],
        "bid_lots": touches[:, 3],
        "ask_depth_lots": depth_after(commands, events, day.row_end, Side.SELL),
        "bid_depth_lots": depth_after(commands, events, day.row_end, Side.BUY),
    }


def _sum_checks(checks: Sequence[CheckResult], days: Sequence[LobsterDay]) -> CheckResult:
    """One check for all days: the counts are sums, the detail is that of the first day that failed."""
    if len(checks) == 1:
        return checks[0]
    counts: Counter[str] = Counter()
    for check in checks:
        counts.update(dict.fromkeys(check.counts, 0))
        counts.update(check.counts)
    failed = next((number for number, check in enumerate(checks) if not check.passed), None)
    first = checks[failed or 0]
    detail = first.detail if failed is None else f"{days[failed].label.title}: {first.detail}"
    return CheckResult(first.name, failed is None, detail, {"days": len(days), **counts})


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
    unexplained = np.flatnonzero(day.causes & Cause.UNEXPLAINED)
    detail = "every row of the file that is out of the ordinary is so for a named cause"
    if unexplained.size:
        detail = f"first at row {unexplained[0] + 1}: no known cause explains it{_all_rows(unexplained)}"
    return CheckResult(
        "named-causes",
        passed=not unexplained.size,
        detail=detail,
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
            f"{_all_rows(unexplained)}"
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


def levels_check(replayed: ReplayedDay) -> CheckResult:
    """Check that every level equals the file's after every row, and count what the file itself supplied."""
    day = replayed.day
    found = compare_levels(day, replayed.commands, replayed.events)
    differs = found.rows_differ.copy()
    differs[0] = False
    explained = differs & (_halted_rows(day) | ((day.causes & Cause.HALT) > 0))
    unexplained = np.flatnonzero(differs & ~explained)
    adopted = (day.causes & Cause.ADOPTED_TAIL_LEVEL) > 0
    held = int(differs.size - 1 - differs.sum())
    held_adopted = int(np.count_nonzero(adopted[1:] & ~differs[1:]))
    unchecked = len(found.not_checkable)
    detail = (
        f"every level of {held:,} rows is the file's; {held_adopted:,} of these rows adopted a level from the"
        f" file; of {found.taken:,} levels taken from the file, {unchecked:,} are confirmed by no later row"
    )
    if unexplained.size:
        detail = f"first at {found.first}{_all_rows(unexplained)}"
    return CheckResult(
        "levels-hold",
        passed=not unexplained.size,
        detail=detail,
        counts={
            "rows": differs.size - 1,
            "rows-held": held,
            "rows-held-adopted-a-level": held_adopted,
            "rows-explained": int(explained.sum()),
            "rows-unexplained": unexplained.size,
            "levels-compared": found.cells,
            "levels-taken-from-the-file": found.taken,
            "levels-not-checkable": unchecked,
        },
    )


def _all_rows(rows: NDArray[np.int64]) -> str:
    """The wrong rows as the end of a detail, the first `_NAMED_ROWS` by number; empty for a single one."""
    if rows.size < 2:
        return ""
    numbers = ", ".join(str(row + 1) for row in rows[:_NAMED_ROWS].tolist())
    return f"; {rows.size:,} wrong rows: {numbers}{', ...' if rows.size > _NAMED_ROWS else ''}"


def _halted_rows(day: LobsterDay) -> NDArray[np.bool_]:
    """The rows while trading is halted: from a halt message until the one that resumes trading."""
    halts = np.flatnonzero(day.messages[:, _TYPE] == Message.HALT)
    if not halts.size:
        return np.zeros(len(day.messages), dtype=bool)
    latest = np.searchsorted(halts, np.arange(len(day.messages)), side="right") - 1
    stopped = day.messages[halts, _PRICE] != 1
    return np.where(latest >= 0, stopped[np.maximum(latest, 0)], False)


def _no_touch(day: LobsterDay) -> CheckResult:
    return _not_compared(day, "touch-holds")


def _no_levels(day: LobsterDay) -> CheckResult:
    return _not_compared(day, "levels-hold")


def _not_compared(day: LobsterDay, name: str) -> CheckResult:
    rows = day.row_end.size - 1
    return CheckResult(
        name,
        passed=False,
        detail="not compared, because the core did not carry out the commands one by one",
        counts={"rows": rows, "rows-held": 0, "rows-explained": 0, "rows-unexplained": rows},
    )


def _depth_check(replayed: ReplayedDay, touches: Touches, book: Book) -> CheckResult:
    """Compare the depth of a book with its events at evenly spaced rows, including the last."""
    day = replayed.day
    rows = np.unique(np.linspace(0, day.row_end.size - 1, _PROBES).astype(np.int64)).tolist()
    agreed = done = 0
    for row in rows:
        end = int(day.row_end[row])
        book.apply(replayed.commands[done:end])
        done = end
        agreed += _depth_touch(book, replayed.symbol) == tuple(touches[row].tolist())
    book.apply(replayed.commands[done:])
    return CheckResult(
        "depth-agrees",
        passed=agreed == len(rows),
        detail="the book's own best prices and sizes are what its events add up to, at evenly spaced rows",
        counts={"rows-asked": len(rows), "rows-agreed": agreed},
    )


def _depth_touch(book: Book, symbol: int) -> tuple[int, int, int, int]:
    asks, bids = book.depth(Side.SELL, 1, symbol), book.depth(Side.BUY, 1, symbol)
    ask = (asks[0].price_ticks, asks[0].qty_lots) if asks else (NO_ASK, 0)
    bid = (bids[0].price_ticks, bids[0].qty_lots) if bids else (NO_BID, 0)
    return *ask, *bid


def _level(pair: NDArray[np.int64]) -> str:
    return LOBSTER_UNITS.level(int(pair[1]), int(pair[0]))
