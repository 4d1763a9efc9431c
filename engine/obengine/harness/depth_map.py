"""The lots of every price over a day, as a map of time by price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, EventKind, Events, Side
from obengine.harness.levels import PriceTotals

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DepthMap:
    """Resting lots by time and price.

    Attributes:
        price_edges: int64 [prices + 1], in ticks, ascending: a price belongs to the part that begins at it.
        bid_lots, ask_lots: int64 [times, prices].
    """

    price_edges: Int64s
    bid_lots: Int64s
    ask_lots: Int64s


def depth_map(
    commands: Commands, events: Events, row_end: Int64s, rows: Int64s, price_edges: Int64s
) -> DepthMap:
    """The map after the given rows; each command must have one event (`touch.one_event_each`).

    Args:
        row_end: int64 [rows of the day], the number of commands up to the end of each row.
        rows: int64 [times], of which the map has a column each.
        price_edges: as in `DepthMap`.
    """
    at_row = np.searchsorted(row_end, np.arange(commands.size), side="right")
    bids, asks = (
        _side(commands, events, at_row, row_end.size, rows, price_edges, side)
        for side in (Side.BUY, Side.SELL)
    )
    return DepthMap(price_edges, bids, asks)


def price_parts(low: int, high: int, prices: Int64s, most: int) -> Int64s:
    """At most about `most` equal parts from `low` to `high`, whole numbers of the step between prices."""
    step = max(int(np.gcd.reduce(np.diff(np.unique(prices)))) if np.unique(prices).size > 1 else 1, 1)
    width = step * max(1, -(-(high - low) // (step * most)))
    begin = low // step * step
    return np.arange(begin, high + width, width, dtype=np.int64)


def _side(
    commands: Commands,
    events: Events,
    at_row: Int64s,
    size: int,
    rows: Int64s,
    price_edges: Int64s,
    side: Side,
) -> Int64s:
    own = np.flatnonzero((commands["side"] == side) & (at_row < size))
    lots = events["qty_lots"][own].astype(np.int64)
    change = np.where(events["kind"][own] == EventKind.ACCEPTED, lots, -lots)
    prices = events["price_ticks"][own].astype(np.int64)
    totals = PriceTotals(prices, change, at_row[own], size)
    found = np.zeros((rows.size, price_edges.size - 1), dtype=np.int64)
    distinct = np.unique(prices)
    distinct = distinct[(distinct >= price_edges[0]) & (distinct < price_edges[-1])]
    parts = np.searchsorted(price_edges, distinct, side="right") - 1
    for price, part in zip(distinct.tolist(), parts.tolist(), strict=True):
        found[:, part] += totals.at(np.full(rows.size, price, dtype=np.int64), rows)
    return found
