"""Every level of a LOBSTER file against the book that the events of a core give.

The lots of a price after a row are a running sum over the events up to that row. A row of the file agrees
with the book if each of its levels has the lots of its price, and the book has no further price: then both
have the same levels, best first.

A level that was taken from the file (the first row, and last levels that entered the window from outside it)
equals the file in that row by construction. It is *checkable* if the next row compares it again: the level is
still there, or the next message takes lots from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, EventKind, Events, Op, Side
from obengine.feeds.lobster import LobsterDay
from obengine.feeds.lobster_window import NO_ASK, NO_BID, UNNAMED, Cause, Message
from obengine.harness.units import LOBSTER_UNITS

Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TYPE, _SIZE, _PRICE, _DIRECTION = 1, 3, 4, 5
_NAMES = {Side.SELL: "ask", Side.BUY: "bid"}


@dataclass(frozen=True, slots=True)
class LevelComparison:
    """The comparison of all rows of a day.

    Attributes:
        rows_differ: for each row, whether a level differs, or the book has a level that the file lacks.
        cells: number of levels that were compared.
        first: the first difference as text; empty without any.
        taken: number of levels that were taken from the file.
        not_checkable: row and price of those whose lots no later row confirms, shape (number, 2).
    """

    rows_differ: Bools
    cells: int
    first: str
    taken: int
    not_checkable: Int64s


@dataclass(frozen=True, slots=True)
class _Taken:
    """Levels taken from the file: row, price and lots of each."""

    rows: Int64s
    prices: Int64s
    lots: Int64s


class PriceTotals:
    """The lots of every price of a side after each row, as sorted changes.

    Args:
        prices, change, rows: of each change its price, the added lots, and its row, ascending.
        size: the number of rows.
    """

    def __init__(self, prices: Int64s, change: Int64s, rows: Int64s, size: int) -> None:
        order = np.argsort(prices, kind="stable")
        running = np.cumsum(change[order])
        self._prices, starts, rank = np.unique(prices[order], return_index=True, return_inverse=True)
        totals = running - np.concatenate(([0], running))[starts][rank]
        rows = rows[order]
        last = np.ones(rank.size, dtype=bool)
        last[:-1] = (rank[1:] != rank[:-1]) | (rows[1:] != rows[:-1])
        self._size = size
        self._rank, self._rows, self._totals = rank[last], rows[last], totals[last]
        self._places = self._rank * np.int64(size) + self._rows

    def at(self, prices: Int64s, rows: Int64s) -> Int64s:
        """The lots of prices after rows."""
        if not self._prices.size:
            return np.zeros(prices.size, dtype=np.int64)
        rank = np.minimum(np.searchsorted(self._prices, prices), self._prices.size - 1)
        found = np.searchsorted(self._places, rank * np.int64(self._size) + rows, side="right") - 1
        known = (self._prices[rank] == prices) & (found >= 0) & (self._rank[found] == rank)
        return np.where(known, self._totals[found], 0)

    def count(self) -> Int64s:
        """The number of prices with lots after each row."""
        held = (self._totals > 0).astype(np.int64)
        before = np.append(0, held[:-1])
        before[np.append(True, self._rank[1:] != self._rank[:-1])] = 0
        changes = np.bincount(self._rows, weights=held - before, minlength=self._size)
        return np.cumsum(changes).astype(np.int64)


def compare_levels(day: LobsterDay, commands: Commands, events: Events) -> LevelComparison:
    """Compare all levels of all rows; each command must have one event (`touch.one_event_each`)."""
    size = day.row_end.size
    rows = np.searchsorted(day.row_end, np.arange(commands.size), side="right")
    differ = np.zeros(size, dtype=bool)
    cells = taken = 0
    not_checkable: list[Int64s] = []
    firsts: list[tuple[int, str]] = []
    for side, offset, none in ((Side.SELL, 0, NO_ASK), (Side.BUY, 2, NO_BID)):
        own = np.flatnonzero((commands["side"] == side) & (rows < size))
        lots = events["qty_lots"][own].astype(np.int64)
        change = np.where(events["kind"][own] == EventKind.ACCEPTED, lots, -lots)
        book = PriceTotals(events["price_ticks"][own].astype(np.int64), change, rows[own], size)
        wrong, levels = _compare_side(day, book, offset, none, side, firsts)
        differ |= wrong
        cells += levels
        found = _taken_levels(day, commands[own], rows[own])
        confirmed, contradicted = _confirmation(day, found, offset, side)
        differ[found.rows[contradicted]] = True
        if contradicted.any():
            at = int(np.argmax(contradicted))
            level = LOBSTER_UNITS.level(int(found.lots[at]), int(found.prices[at]))
            text = f"row {found.rows[at] + 1}: {_NAMES[side]} {level}, taken from the file"
            firsts.append((int(found.rows[at]), f"{text}: the next message takes another size from it"))
        taken += found.rows.size
        not_checkable.append(np.stack((found.rows[~confirmed], found.prices[~confirmed]), axis=1))
    first = min(firsts)[1] if firsts else ""
    return LevelComparison(differ, cells, first, taken, np.concatenate(not_checkable))


def _compare_side(
    day: LobsterDay, book: PriceTotals, offset: int, none: int, side: Side, firsts: list[tuple[int, str]]
) -> tuple[Bools, int]:
    """Which rows differ on a side, and the number of levels of the file."""
    size = day.row_end.size
    differ = np.zeros(size, dtype=bool)
    present = np.zeros(size, dtype=np.int64)
    for level in range(day.level_count):
        prices, lots = day.book_rows[:, 4 * level + offset], day.book_rows[:, 4 * level + offset + 1]
        rows = np.flatnonzero(prices != none)
        present[rows] += 1
        got = book.at(prices[rows], rows)
        wrong = np.flatnonzero(got != lots[rows])
        differ[rows[wrong]] = True
        if wrong.size:
            row, at = int(rows[wrong[0]]), int(wrong[0])
            book_level = LOBSTER_UNITS.level(int(got[at]), int(prices[row]))
            text = f"row {row + 1}: {_NAMES[side]} level {level + 1}: the book has {book_level}"
            firsts.append((row, f"{text}; the file has {lots[row]:,} shares"))
    further = np.flatnonzero(book.count() != present)
    differ[further] = True
    if further.size:
        row = int(further[0])
        text = f"row {row + 1}: {_NAMES[side]}: the book has {book.count()[row]} levels, the file"
        firsts.append((row, f"{text} {present[row]}"))
    return differ, int(present.sum())


def _taken_levels(day: LobsterDay, commands: Commands, rows: Int64s) -> _Taken:
    """The levels of a side that were copied from the row which they are compared with."""
    marked = (day.causes[rows] & (Cause.SEED | Cause.ADOPTED_TAIL_LEVEL)) > 0
    new = (commands["op"] == Op.NEW) & (commands["order_id"] >= np.uint64(UNNAMED)) & marked
    at = np.flatnonzero(new)
    return _Taken(
        rows[at], commands["price_ticks"][at].astype(np.int64), commands["qty_lots"][at].astype(np.int64)
    )


def _confirmation(day: LobsterDay, taken: _Taken, offset: int, side: Side) -> tuple[Bools, Bools]:
    """Which taken levels the next row compares again, and which it contradicts."""
    size = day.row_end.size
    following = taken.rows + 1
    ended = following >= size
    following = np.minimum(following, size - 1)
    confirmed = (day.book_rows[following, offset::4] == taken.prices[:, None]).any(axis=1)
    message = day.messages[following]
    reduces = (message[:, _TYPE] >= Message.REDUCE) & (message[:, _TYPE] <= Message.EXECUTE)
    same_side = (message[:, _DIRECTION] == 1) == (side == Side.BUY)
    reduces &= same_side & (message[:, _PRICE] == taken.prices) & ~ended
    contradicted = reduces & ~confirmed & (message[:, _SIZE] != taken.lots)
    return (confirmed | reduces) & ~ended, contradicted
