"""The book of one symbol: open orders, trading state, and operations on single orders."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from obengine.api.messages import EVENT_RECORD, EventKind, Queue, Side, TradingState
from obengine.reference.bands import Band
from obengine.reference.orders import Order
from obengine.reference.price_ladder import Ladder, OrderQueue, RestingOrder
from obengine.reference.step_table import StepTable

_pack = EVENT_RECORD.pack


class EventLog:
    """Collects the events of the current batch."""

    __slots__ = ("out",)

    def __init__(self) -> None:
        self.out = bytearray()


class SymbolBook:
    """The book of one symbol; its operations also emit the events.

    Attributes:
        orders: all resting orders by id.
        special_orders: the resting orders that are not plain, by id.
        waiting: waiting stops by id, in order of arrival.
        elected: elected stops that are not triggered yet; empty between commands.
        state: a TradingState.
        last_ticks: price of the last trade, None before the first.
        first_unseen_ticks: price of the first trade that waiting stops have not seen.
        steps: prices and quantities that are entered are multiples of these.
        band: the price band, None if there is none.
    """

    __slots__ = (
        "asks",
        "band",
        "bids",
        "elected",
        "first_unseen_ticks",
        "last_ticks",
        "log",
        "orders",
        "special_orders",
        "state",
        "steps",
        "symbol",
        "waiting",
    )

    def __init__(self, symbol: int, log: EventLog) -> None:
        self.symbol, self.log = symbol, log
        self.orders: dict[int, RestingOrder] = {}
        self.special_orders: dict[int, Order] = {}
        self.waiting: dict[int, Order] = {}
        self.elected: deque[Order] = deque()
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.state: int = TradingState.OPEN
        self.last_ticks: int | None = None
        self.first_unseen_ticks: int | None = None
        self.steps = StepTable()
        self.band: Band | None = None

    @property
    def has_rules(self) -> bool:
        """Whether prices, quantities or matching have rules of this symbol."""
        return self.band is not None or not self.steps.is_default

    def emit(self, kind: EventKind, detail: int, qty: int, order_id: int, other_id: int, price: int) -> None:
        """Append an event of this symbol to the log."""
        self.log.out += _pack(kind, detail, self.symbol, qty, order_id, other_id, price)

    def ladder(self, side: int) -> Ladder:
        """The ladder on which orders of a side rest."""
        return self.asks if side else self.bids

    def opposite(self, side: int) -> Ladder:
        """The ladder against which orders of a side trade."""
        return self.bids if side else self.asks

    def is_open(self, order_id: int) -> bool:
        """Whether the id is in use."""
        return order_id in self.orders or order_id in self.waiting

    def open_lots(self, order_id: int) -> int:
        """The open lots of an order."""
        if order_id in self.waiting:
            return self.waiting[order_id].open_lots
        order = self.special_orders.get(order_id)
        return self.orders[order_id][0][order_id] + (order.reserve_lots if order else 0)

    def owner(self, order_id: int) -> int:
        """The participant that owns an order."""
        stop = self.waiting.get(order_id)
        return stop.participant if stop else self.orders[order_id][3]

    def resting(self, side: int) -> Iterator[tuple[int, Queue, OrderQueue]]:
        """Price, queue number and queue of each non-empty queue of a side, in snapshot order."""
        return self.ladder(side).non_empty_queues()

    def in_snapshot_order(self) -> list[tuple[int, int]]:
        """Order id and side of every open order, in snapshot order."""
        resting = [
            (order_id, side) for side in Side for _, _, queue in self.resting(side) for order_id in queue
        ]
        waiting = sorted(((stop.order_id, stop.side) for stop in self.waiting.values()), key=_side_of)
        return resting + waiting

    def rest(self, order: Order) -> None:
        """Append an order to its queue."""
        queue = self.ladder(order.side).queue_of(order.price_ticks, order.queue)
        shown = min(order.display_lots or order.open_lots, order.open_lots)
        order.reserve_lots = order.open_lots - shown
        queue[order.order_id] = shown
        self.orders[order.order_id] = (queue, order.price_ticks, order.side, order.participant)
        if not order.is_plain:
            self.special_orders[order.order_id] = order

    def remove(self, order_id: int) -> Order:
        """Remove an order from the book; return it with its open lots."""
        lots = self.open_lots(order_id)
        queue, price, side, owner = self.orders.pop(order_id)
        del queue[order_id]
        order = self.special_orders.pop(order_id, None) or Order(order_id, side, owner, price, lots)
        order.open_lots = lots
        return order

    def shrink(self, order_id: int, lots: int) -> None:
        """Reduce an order to `lots`, at most its open lots, in place; the reserve is reduced first."""
        queue, order = self.orders[order_id][0], self.special_orders.get(order_id)
        shown = min(queue[order_id], lots) if order and order.reserve_lots else lots
        queue[order_id] = shown
        if order:
            order.reserve_lots = lots - shown

    def fill(self, order_id: int, lots: int) -> bool:
        """Remove traded lots from an order, shown lots first; return whether it was refilled."""
        queue, price, side, _ = self.orders[order_id]
        left, shown = self.open_lots(order_id) - lots, queue[order_id]
        if order_id in self.special_orders:
            self.special_orders[order_id].filled_lots += lots
        if not left:
            self.remove(order_id)
        elif lots < shown:
            queue[order_id] = shown - lots
        else:
            order = self.special_orders[order_id]
            refill = min(order.display_lots, left)
            order.reserve_lots = left - refill
            queue[order_id] = refill
            queue.move_to_end(order_id)
            self.emit(EventKind.REFILLED, side, refill, order_id, 0, price)
            return True
        return False

    def trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> bool:
        """Emit a trade of a maker and fill it; return whether it was refilled."""
        self.emit_trade(detail, lots, taker, maker, price)
        return self.fill(maker, lots)

    def emit_trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> None:
        """Emit a trade and record its price for the stops."""
        self.emit(EventKind.TRADED, detail, lots, taker, maker, price)
        self.last_ticks = price
        if self.first_unseen_ticks is None:
            self.first_unseen_ticks = price

    def cancel_lots(self, order_id: int, lots: int, reason: int) -> None:
        """Cancel lots of an open order, at most its open lots."""
        left = self.open_lots(order_id) - lots
        stop = self.waiting.get(order_id)
        price = stop.price_ticks if stop else self.orders[order_id][1]
        if stop and left:
            stop.open_lots = left
        elif stop:
            del self.waiting[order_id]
        elif left:
            self.shrink(order_id, left)
        else:
            self.remove(order_id)
        self.emit(EventKind.CANCELLED, reason, lots, order_id, 0, price)


def _side_of(pair: tuple[int, int]) -> int:
    return pair[1]
