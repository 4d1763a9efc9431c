"""The touch after every row of a feed, computed from the events of a core.

Querying the depth after each row of a day takes longer than the replay itself. The events contain the same
information: each adds lots to one price or removes them, so the lots of a price are a running sum, and the
best price of a row is the best of all prices that have lots at that row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, EventKind, Events, Side
from obengine.feeds.lobster_window import NO_ASK, NO_BID

Touches = NDArray[np.int64]
"""Best ask price and lots, best bid price and lots for each row, shape (rows, 4)."""


def one_event_each(commands: Commands, events: Events) -> bool:
    """Whether each command gave exactly one event: no reject and no match."""
    return commands.size == events.size and not (events["kind"] == EventKind.REJECTED).any()


def touches_after(commands: Commands, events: Events, row_end: NDArray[np.int64]) -> Touches:
    """The touch after each row; row `k` ends before command `row_end[k]`.

    The side of an event is that of its command, which feeds set for every operation.

    Raises:
        ValueError: commands and events do not correspond one to one (`one_event_each`).
    """
    if not one_event_each(commands, events):
        raise ValueError("the touch can only be computed if each command has one event")
    rows = np.searchsorted(row_end, np.arange(commands.size), side="right")
    touches = np.empty((row_end.size, 4), dtype=np.int64)
    for side, column, sign, none in ((Side.SELL, 0, 1, NO_ASK), (Side.BUY, 2, -1, NO_BID)):
        own = np.flatnonzero((commands["side"] == side) & (rows < row_end.size))
        lots = events["qty_lots"][own].astype(np.int64)
        change = np.where(events["kind"][own] == EventKind.ACCEPTED, lots, -lots)
        keys, totals = best_of_rows(events["price_ticks"][own] * sign, change, rows[own], row_end.size)
        touches[:, column] = np.where(totals > 0, keys * sign, none)
        touches[:, column + 1] = totals
    return touches


def depth_after(
    commands: Commands, events: Events, row_end: NDArray[np.int64], side: Side
) -> NDArray[np.int64]:
    """The resting lots of a side at all prices after each row (see `touches_after`)."""
    own = commands["side"] == side
    lots = np.where(own, events["qty_lots"], 0).astype(np.int64)
    lots[events["kind"] != EventKind.ACCEPTED] *= -1
    return np.append(0, np.cumsum(lots))[row_end]


def best_of_rows(
    keys: NDArray[np.int64], change: NDArray[np.int64], rows: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row, the smallest key with lots, and its lots; 0 if no key has lots.

    Args:
        keys, change, rows: for each change its key, the added lots, and its row, ascending.
        size: the number of rows.
    """
    order = np.argsort(keys, kind="stable")
    keys, rows, running = keys[order], rows[order], np.cumsum(change[order])
    unique, starts, rank = np.unique(keys, return_index=True, return_inverse=True)
    totals = running - np.concatenate(([0], running))[starts][rank]
    last = np.ones(keys.size, dtype=bool)
    last[:-1] = (rank[1:] != rank[:-1]) | (rows[1:] != rows[:-1])
    rank, rows, totals = rank[last], rows[last], totals[last]
    until = np.full(rank.size, size)
    same = rank[1:] == rank[:-1]
    until[:-1][same] = rows[1:][same]
    held = totals > 0
    best = _min_cover(rows[held], until[held], rank[held], size, unique.size)
    at = np.searchsorted(rank * np.int64(size) + rows, best * size + np.arange(size), side="right") - 1
    known = best < unique.size
    lots = np.where(known, totals[at] if totals.size else 0, 0)
    return np.append(unique, 0)[best], lots


def _min_cover(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    values: NDArray[np.int64],
    size: int,
    none: int,
) -> NDArray[np.int64]:
    """For each of `size` positions, the minimum of the intervals [start, end) that cover it, or `none`.

    An interval is covered by two blocks whose length is a power of two. From the longest blocks down, each
    block passes its value to its two halves (a reversed sparse table).
    """
    lengths = ends - starts
    power = np.frexp(np.maximum(lengths, 1))[1] - 1
    least = np.full(size, none, dtype=np.int64)
    for level in range(int(power.max(initial=0)), -1, -1):
        own = np.flatnonzero((power == level) & (lengths > 0))
        np.minimum.at(least, starts[own], values[own])
        np.minimum.at(least, ends[own] - (1 << level), values[own])
        if level:
            half = 1 << (level - 1)
            handed = least.copy()
            handed[half:] = np.minimum(handed[half:], least[: max(size - half, 0)])
            least = handed
    return least
