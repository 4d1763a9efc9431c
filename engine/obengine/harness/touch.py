"""The touch after every row of a feed, computed from the events of a core.

Querying the depth after each row of a day takes longer than the replay itself. The events contain the same
information: each adds lots to one price or removes them, so the lots of a price are a running sum, and the
best price of a row is the best of all prices that have lots at that row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands, EventKind, Events, Side
from obengine.feeds.best_prices import best_of_rows
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
