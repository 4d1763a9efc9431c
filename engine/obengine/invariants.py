"""What must hold of every book, whichever core keeps it: an audit of events and of snapshots.

The audit trusts no core: it rebuilds the queues from the events alone and counts each statement
that a right book could not have made. All counts are plain integers; a sound log counts 0 of each.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

import numpy as np

from obengine.book import Snapshot
from obengine.messages import EVENT_RECORD, NO_PRICE, CancelReason, EventKind, Events, Priority, Side

EVENT_FAULTS: Final = (
    "unknown_event",
    "bad_quantity",
    "duplicate_accept",
    "orphan_cancel",
    "orphan_modify",
    "orphan_trade",
    "wrong_quantity",
    "wrong_price",
    "priority_broken",
    "crossed_book",
    "market_order_rested",
)
"""The causes that `EventAudit` counts."""

SNAPSHOT_FAULTS: Final = (
    "bad_quantity",
    "bad_price",
    "bad_side",
    "duplicate_id",
    "out_of_order",
    "crossed_book",
)
"""The causes that `check_snapshot` counts."""

_ACCEPTED, _TRADED, _CANCELLED, _MODIFIED, _REJECTED = (int(kind) for kind in EventKind)


@dataclass(slots=True)
class _Arrival:
    """The order that the last command brought, until the next command's first event."""

    symbol: int
    side: int
    order_id: int
    price: int
    left: int


class _SymbolAudit:
    """The resting orders of one symbol, as the events tell them."""

    __slots__ = ("heaps", "orders", "queues")

    def __init__(self) -> None:
        self.orders: dict[int, tuple[int, int]] = {}
        self.queues: tuple[dict[int, OrderedDict[int, int]], ...] = ({}, {})
        self.heaps: tuple[list[int], list[int]] = ([], [])

    def best(self, side: int) -> int | None:
        """The best price of a side."""
        queues, heap, sign = self.queues[side], self.heaps[side], 1 if side else -1
        while heap:
            price = heap[0] * sign
            if queues[price]:
                return price
            heappop(heap)
            del queues[price]
        return None

    def rest(self, order_id: int, side: int, price: int, qty: int) -> None:
        """Put an order last in its queue."""
        queue = self.queues[side].get(price)
        if queue is None:
            queue = self.queues[side][price] = OrderedDict()
            heappush(self.heaps[side], price if side else -price)
        queue[order_id] = qty
        self.orders[order_id] = (side, price)

    def open_lots(self, order_id: int) -> int:
        """What a resting order has left."""
        side, price = self.orders[order_id]
        return self.queues[side][price][order_id]

    def take(self, order_id: int, qty: int) -> None:
        """Take lots from a resting order; it goes when nothing is left."""
        side, price = self.orders[order_id]
        queue = self.queues[side][price]
        if qty < queue[order_id]:
            queue[order_id] -= qty
        else:
            del queue[order_id], self.orders[order_id]

    def is_first(self, order_id: int) -> bool:
        """Whether the order is the oldest at the best price of its side."""
        side, price = self.orders[order_id]
        return price == self.best(side) and order_id == next(iter(self.queues[side][price]))


class EventAudit:
    """Reads the events of one engine from its first event on, batch after batch.

    Attributes:
        faults: count by cause, see `EVENT_FAULTS`.
        lots: `entered` (accepted, and added by modifies less what they took away), `traded` (each
            trade counts once for each named order in it) and `cancelled`.
    """

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter(dict.fromkeys(EVENT_FAULTS, 0))
        self.lots: Counter[str] = Counter(entered=0, traded=0, cancelled=0)
        self._books: dict[int, _SymbolAudit] = {}
        self._arrival: _Arrival | None = None

    def feed(self, events: Events) -> None:
        """Audit the next batch; batches must end where commands end."""
        for kind, detail, symbol, qty, order_id, other_id, price in EVENT_RECORD.iter_unpack(
            events.tobytes()
        ):
            if kind == _REJECTED:
                self._settle()
                continue
            if qty <= 0:
                self.faults["bad_quantity"] += 1
            if kind == _TRADED:
                self._trade(detail, symbol, qty, order_id, other_id, price)
            elif kind == _ACCEPTED:
                self._accept(detail, symbol, qty, order_id, price)
            elif kind == _CANCELLED:
                self._cancel(detail, symbol, qty, order_id, price)
            elif kind == _MODIFIED:
                self._modify(detail, symbol, qty, order_id, price)
            else:
                self.faults["unknown_event"] += 1
        self._settle()

    def resting_lots(self) -> int:
        """The lots that rest after the last batch, by the events alone."""
        return sum(book.open_lots(order_id) for book in self._books.values() for order_id in book.orders)

    def unaccounted_lots(self) -> int:
        """Entered less traded, cancelled and resting: 0 in a sound log."""
        left = self.lots["traded"] + self.lots["cancelled"] + self.resting_lots()
        return self.lots["entered"] - left

    def differs_from(self, snapshot: Snapshot) -> int:
        """How many places of the snapshot's order list differ from the one that the events tell."""
        told = [
            (symbol, side, qty, order_id, price)
            for symbol, book in sorted(self._books.items())
            for side in (0, 1)
            for price in sorted(book.queues[side], reverse=side == 0)
            for order_id, qty in book.queues[side][price].items()
        ]
        fields = ["symbol", "side", "qty_lots", "order_id", "price_ticks"]
        kept: list[tuple[int, ...]] = snapshot.orders[fields].tolist()
        return sum(a != b for a, b in zip(told, kept, strict=False)) + abs(len(told) - len(kept))

    def _book(self, symbol: int) -> _SymbolAudit:
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = _SymbolAudit()
        return book

    def _accept(self, side: int, symbol: int, qty: int, order_id: int, price: int) -> None:
        self._settle()
        if order_id in self._book(symbol).orders:
            self.faults["duplicate_accept"] += 1
            return
        self.lots["entered"] += qty
        self._arrival = _Arrival(symbol, side & 1, order_id, price, qty)

    def _trade(self, side: int, symbol: int, qty: int, taker: int, maker: int, price: int) -> None:
        if not self._is_fill(side, symbol, taker, price):
            self._settle()
            if taker:
                self.faults["orphan_trade"] += 1
        book, arrival = self._book(symbol), self._arrival
        if maker not in book.orders or book.orders[maker][0] == side:
            self.faults["orphan_trade"] += 1
            return
        if price != book.orders[maker][1]:
            self.faults["wrong_price"] += 1
        if qty > book.open_lots(maker) or (arrival is not None and qty > arrival.left):
            self.faults["wrong_quantity"] += 1
        if arrival is not None:
            if not book.is_first(maker):
                self.faults["priority_broken"] += 1
            arrival.left -= qty
            self.lots["traded"] += qty
        self.lots["traded"] += qty
        book.take(maker, qty)

    def _is_fill(self, side: int, symbol: int, taker: int, price: int) -> bool:
        """Whether a trade is the arrival's; else it is a recorded execution, or has no taker at all.

        An arrival with an id of 0 is told from a recorded execution by its side and its limit: what
        it left when it came to rest could not be traded against it.
        """
        arrival = self._arrival
        if arrival is None or not arrival.left:
            return False
        if (arrival.symbol, arrival.order_id, arrival.side) != (symbol, taker, side):
            return False
        if arrival.price == NO_PRICE:
            return True
        return price >= arrival.price if arrival.side else price <= arrival.price

    def _cancel(self, reason: int, symbol: int, qty: int, order_id: int, price: int) -> None:
        arrival = self._arrival
        if reason == CancelReason.IMMEDIATE:
            if arrival is None or (arrival.symbol, arrival.order_id) != (symbol, order_id):
                self.faults["orphan_cancel"] += 1
                return
            self._count_cancel(qty, qty != arrival.left, price != arrival.price)
            self._arrival = None
            return
        self._settle()
        book = self._book(symbol)
        if order_id not in book.orders:
            self.faults["orphan_cancel"] += 1
            return
        self._count_cancel(qty, qty > book.open_lots(order_id), price != book.orders[order_id][1])
        book.take(order_id, qty)

    def _count_cancel(self, qty: int, wrong_quantity: bool, wrong_price: bool) -> None:
        self.lots["cancelled"] += qty
        self.faults["wrong_quantity"] += wrong_quantity
        self.faults["wrong_price"] += wrong_price

    def _modify(self, priority: int, symbol: int, qty: int, order_id: int, price: int) -> None:
        self._settle()
        book = self._book(symbol)
        if order_id not in book.orders:
            self.faults["orphan_modify"] += 1
            return
        (side, old_price), open_lots = book.orders[order_id], book.open_lots(order_id)
        self.lots["entered"] += qty - open_lots
        in_place = price == old_price and qty <= open_lots
        if in_place != (priority == Priority.KEPT):
            self.faults["priority_broken"] += 1
        if in_place:
            book.queues[side][price][order_id] = qty
            return
        book.take(order_id, open_lots)
        self._arrival = _Arrival(symbol, side, order_id, price, qty)

    def _settle(self) -> None:
        """The last command is over: what its order has left rests."""
        arrival, self._arrival = self._arrival, None
        if arrival is None or not arrival.left:
            return
        if arrival.price == NO_PRICE:
            self.faults["market_order_rested"] += 1
            return
        book = self._book(arrival.symbol)
        best = book.best(1 - arrival.side)
        if best is not None and (best >= arrival.price if arrival.side else best <= arrival.price):
            self.faults["crossed_book"] += 1
        book.rest(arrival.order_id, arrival.side, arrival.price, arrival.left)


def audit_events(*batches: Events, snapshot: Snapshot | None = None) -> Mapping[str, int]:
    """Audit a whole log: every count of `EVENT_FAULTS`, the lots, and what does not add up.

    Args:
        batches: the events of one engine from its first on; each batch ends where a command ends.
        snapshot: the engine's state after the last batch, compared order by order where given.

    Returns:
        Fault counts by cause, `unaccounted_lots` and `snapshot_differences`: all 0 in a sound log.
        Counts of lots are prefixed with `lots_` and are not faults.
    """
    audit = EventAudit()
    for batch in batches:
        audit.feed(batch)
    counts: dict[str, int] = dict(audit.faults)
    counts["unaccounted_lots"] = audit.unaccounted_lots()
    if snapshot is not None:
        counts["snapshot_differences"] = audit.differs_from(snapshot)
    counts |= {f"lots_{name}": lots for name, lots in audit.lots.items()}
    counts["lots_resting"] = audit.resting_lots()
    return counts


def faults(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counts of an audit or a check that are faults and are not 0."""
    return {cause: n for cause, n in counts.items() if n and not cause.startswith("lots_")}


def check_snapshot(snapshot: Snapshot) -> Mapping[str, int]:
    """Count what cannot be true of resting orders, by the causes of `SNAPSHOT_FAULTS`."""
    orders = snapshot.orders
    rows = orders[["symbol", "side", "qty_lots", "order_id", "price_ticks"]].tolist()
    places = [(symbol, side, price if side else -price) for symbol, side, _, _, price in rows]
    bids, asks = orders[orders["side"] == Side.BUY], orders[orders["side"] == Side.SELL]
    crossed = 0
    for symbol in np.intersect1d(bids["symbol"], asks["symbol"]):
        bid = bids["price_ticks"][bids["symbol"] == symbol].max()
        crossed += int(bid >= asks["price_ticks"][asks["symbol"] == symbol].min())
    return {
        "bad_quantity": int((orders["qty_lots"] <= 0).sum()),
        "bad_price": int((orders["price_ticks"] == NO_PRICE).sum()),
        "bad_side": int((orders["side"] > Side.SELL).sum()),
        "duplicate_id": len(rows) - len({(symbol, order_id) for symbol, _, _, order_id, _ in rows}),
        "out_of_order": sum(earlier > later for earlier, later in pairwise(places)),
        "crossed_book": crossed,
    }
