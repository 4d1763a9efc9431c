"""A fast audit of recorded logs on whole columns: the counts of `EventAudit`, if no order was matched.

The log of a replayed feed has orders that rest at once, and executions and cancels of them. All rules but two
concern a single order each: sides must not cross while a symbol is OPEN, and the final state must be in queue
order. So sorted columns give the result of the event-by-event audit in a fraction of the time. For other
logs,
and for logs with faults, the result is None; the event-by-event audit then counts the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import NO_PRICE, CancelReason, EventKind, Events, Queue, Side, TradingState
from obengine.api.protocol import Snapshot
from obengine.audit.events import EVENT_FAULTS
from obengine.feeds.best_prices import best_of_rows

_Bools = NDArray[np.bool_]
_Int64s = NDArray[np.int64]


def audit_recorded(events: Events, snapshot: Snapshot) -> Mapping[str, int] | None:
    """The counts of `audit_events` for a correct log of resting orders; None if `audit_events` is needed.

    Args:
        events: the events of one engine from its first event on.
        snapshot: the state after the last event.
    """
    log = events[events["kind"] != EventKind.REJECTED]
    states = int(np.argmin(np.append(log["kind"] == EventKind.STATE_CHANGED, False)))
    auctions, log = log[:states], log[states:]
    if not (_are_auctions(auctions) and _are_plain(log)):
        return None
    orders = _orders(log)
    if orders is None or not _is_state(log, orders, snapshot):
        return None
    is_open = ~np.isin(log["symbol"], auctions["symbol"])
    if _crosses(log[is_open], log["detail"][orders.introduced[is_open]] == Side.SELL):
        return None
    lots = log["qty_lots"].astype(np.int64)
    return dict.fromkeys((*EVENT_FAULTS, "unaccounted_lots", "snapshot_differences"), 0) | {
        "lots_entered": int(lots[log["kind"] == EventKind.ACCEPTED].sum()),
        "lots_traded": int(lots[log["kind"] == EventKind.TRADED].sum()),
        "lots_cancelled": int(lots[log["kind"] == EventKind.CANCELLED].sum()),
        "lots_resting": int(orders.left.sum()),
    }


def _are_auctions(states: Events) -> bool:
    """Whether each state change is the first of its symbol, and to AUCTION."""
    auctions = (states["detail"] == TradingState.AUCTION) & (states["order_id"] == TradingState.OPEN)
    return bool(auctions.all()) and np.unique(states["symbol"]).size == states.size


def _are_plain(log: Events) -> bool:
    """Whether all events are displayed resting orders, executions without taker, or cancels."""
    kind, detail = log["kind"], log["detail"]
    sided = (detail == Side.BUY) | (detail == Side.SELL)
    other = log["other_id"]
    resting = (kind == EventKind.ACCEPTED) & sided & (other == Queue.DISPLAYED)
    executed = (kind == EventKind.TRADED) & sided & (log["order_id"] == 0)
    cancelled = (kind == EventKind.CANCELLED) & (detail == CancelReason.REQUESTED) & (other == 0)
    plain = (resting | executed | cancelled) & (log["price_ticks"] != NO_PRICE) & (log["qty_lots"] > 0)
    return bool(plain.all())


@dataclass(frozen=True, slots=True)
class _Orders:
    """For each event, the index of the event that introduced its order; and the orders with lots left.

    `open` has the indexes of the events that introduced the latter, `left` their lots.
    """

    introduced: _Int64s
    open: _Int64s
    left: _Int64s


def _orders(log: Events) -> _Orders | None:
    """Trace every order through its events.

    None if an order is not introduced first, is introduced while open, loses more than its lots, or an event
    has a different price or the wrong side.
    """
    if not log.size:
        return _Orders(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    owner = log["order_id"] + log["other_id"]
    order = np.lexsort((owner, log["symbol"]))
    rows, owner = log[order], owner[order]
    new, traded = rows["kind"] == EventKind.ACCEPTED, rows["kind"] == EventKind.TRADED
    first = np.ones(rows.size, dtype=bool)
    first[1:] = (owner[1:] != owner[:-1]) | (rows["symbol"][1:] != rows["symbol"][:-1])
    head = np.maximum.accumulate(np.where(new, np.arange(rows.size), 0))
    lots = rows["qty_lots"].astype(np.int64)
    given = np.cumsum(np.where(new, 0, lots))
    left = lots[head] - (given - given[head])
    sound = (
        new[first].all()
        and (left >= 0).all()
        and (left[np.flatnonzero(new & ~first) - 1] == 0).all()
        and (rows["price_ticks"] == rows["price_ticks"][head]).all()
        and (rows["detail"] != rows["detail"][head])[traded].all()
    )
    if not sound:
        return None
    introduced = np.empty(rows.size, dtype=np.int64)
    introduced[order] = order[head]
    ends = np.flatnonzero(np.append(first[1:], True) & (left > 0))
    return _Orders(introduced, order[head[ends]], left[ends])


def _crosses(log: Events, sells: _Bools) -> bool:
    """Whether the best bid of a symbol ever reaches its best ask."""
    change = np.where(log["kind"] == EventKind.ACCEPTED, 1, -1) * log["qty_lots"].astype(np.int64)
    for symbol in np.unique(log["symbol"]).tolist():
        own = np.flatnonzero(log["symbol"] == symbol)
        ask, bid = (
            best_of_rows(log["price_ticks"][own[rows]] * sign, change[own[rows]], rows, own.size)
            for rows, sign in ((np.flatnonzero(sells[own]), 1), (np.flatnonzero(~sells[own]), -1))
        )
        if ((ask[1] > 0) & (bid[1] > 0) & (-bid[0] >= ask[0])).any():
            return True
    return False


def _is_state(log: Events, orders: _Orders, snapshot: Snapshot) -> bool:
    """Whether the snapshot has exactly the orders with lots left, in queue order."""
    kept = snapshot.orders
    born = log[orders.open]
    if kept.size != born.size:
        return False
    rank = np.lexsort(
        (
            orders.open,
            np.where(born["detail"] == Side.SELL, 1, -1) * born["price_ticks"],
            born["detail"],
            born["symbol"],
        )
    )
    born, left = born[rank], orders.left[rank]
    same = (
        (kept["symbol"] == born["symbol"])
        & (kept["side"] == born["detail"])
        & (kept["queue"] == Queue.DISPLAYED)
        & (kept["open_lots"] == left)
        & (kept["display_lots"] == 0)
        & (kept["shown_lots"] == left)
        & (kept["order_id"] == born["order_id"])
        & (kept["price_ticks"] == born["price_ticks"])
    )
    return bool(same.all())
