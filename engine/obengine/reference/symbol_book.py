"""The book of one symbol: open orders, trading state, and operations on single orders."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from obengine.api.messages import EVENT_RECORD, EventKind, Queue, Side, TimeInForce, TradingState
from obengine.reference.bands import Band, Timer
from obengine.reference.orders import AT_AUCTION, Order
from obengine.reference.price_ladder import Ladder, OrderQueue, RestingOrder
from obengine.reference.pro_rata import ProRata
from obengine.reference.step_table import StepTable
from obengine.reference.trade_window import KeptTrade, TradeWindow

_pack = EVENT_RECORD.pack


class EventLog:
    """Collects the events of the current batch, and keeps trades.

    Attributes:
        out: the event records.
        first_sequence: the sequence number of the first of them.
        window: the trades that can be busted.
    """

    __slots__ = ("first_sequence", "out", "window")

    def __init__(self) -> None:
        self.out = bytearray()
        self.first_sequence = 0
        self.window = TradeWindow()

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next event."""
        return self.first_sequence + len(self.out) // EVENT_RECORD.size


class SymbolBook:
    """The book of one symbol; its operations also emit the events.

    Attributes:
        orders: all resting orders by id.
        special_orders: the resting orders that are not plain, by id.
        waiting: waiting stops by id, in order of arrival.
        at_auction: orders that wait for an auction by id, in order of arrival.
        elected: elected stops that are not triggered yet; empty between commands.
        state: a TradingState.
        closing: whether the auction that runs is the closing one.
        last_ticks: price of the last trade, None before the first.
        first_unseen_ticks: price of the first trade that waiting stops have not seen.
        steps: prices and quantities that are entered are multiples of these.
        band: the price band, None if there is none.
        timer: a limit state or a pause, None if there is neither.
        pro_rata: the parameters of pro-rata matching, None if orders match by time.
        top: id of the top order of each side, None if there is none.
    """

    __slots__ = (
        "asks",
        "at_auction",
        "band",
        "bids",
        "closing",
        "elected",
        "first_unseen_ticks",
        "last_ticks",
        "log",
        "orders",
        "pro_rata",
        "special_orders",
        "state",
        "steps",
        "symbol",
        "timer",
        "top",
        "waiting",
    )

    def __init__(self, symbol: int, log: EventLog) -> None:
        self.symbol, self.log = symbol, log
        self.orders: dict[int, RestingOrder] = {}
        self.special_orders: dict[int, Order] = {}
        self.waiting: dict[int, Order] = {}
        self.at_auction: dict[int, Order] = {}
        self.elected: deque[Order] = deque()
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.state: int = TradingState.OPEN
        self.closing = False
        self.last_ticks: int | None = None
        self.first_unseen_ticks: int | None = None
        self.steps = StepTable()
        self.band: Band | None = None
        self.timer: Timer | None = None
        self.pro_rata: ProRata | None = None
        self.top: list[int | None] = [None, None]

    @property
    def has_rules(self) -> bool:
        """Whether prices, quantities or matching have rules of this symbol."""
        rules = (self.band, self.timer, self.pro_rata)
        return any(rule is not None for rule in rules) or not self.steps.is_default

    @property
    def auction_tif(self) -> TimeInForce | None:
        """The tif of the orders that wait for the auction that runs; None if none runs."""
        if self.state != TradingState.AUCTION:
            return None
        return TimeInForce.ON_CLOSE if self.closing else TimeInForce.ON_OPEN

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
        return order_id in self.orders or self.outside_levels(order_id) is not None

    def outside_levels(self, order_id: int) -> Order | None:
        """A waiting stop, or an order that waits for an auction."""
        return self.waiting.get(order_id) or self.at_auction.get(order_id)

    def open_lots(self, order_id: int) -> int:
        """The open lots of an order."""
        outside = self.outside_levels(order_id)
        if outside:
            return outside.open_lots
        order = self.special_orders.get(order_id)
        return self.orders[order_id][0][order_id] + (order.reserve_lots if order else 0)

    def limit(self, order_id: int) -> int:
        """The price_ticks of an order in the snapshot."""
        outside = self.outside_levels(order_id)
        return outside.price_ticks if outside else self.orders[order_id][1]

    def owner(self, order_id: int) -> int:
        """The participant that owns an order."""
        outside = self.outside_levels(order_id)
        return outside.participant if outside else self.orders[order_id][3]

    def resting(self, side: int) -> Iterator[tuple[int, Queue, OrderQueue]]:
        """Price, queue number and queue of each non-empty queue of a side, in snapshot order."""
        return self.ladder(side).non_empty_queues()

    def in_snapshot_order(self) -> list[tuple[int, int]]:
        """Order id and side of every open order, in snapshot order."""
        resting = [
            (order_id, side) for side in Side for _, _, queue in self.resting(side) for order_id in queue
        ]
        waiting = sorted(((stop.order_id, stop.side) for stop in self.waiting.values()), key=_side_of)
        auctions = (self.waiting_for(tif) for tif in (TimeInForce.ON_OPEN, TimeInForce.ON_CLOSE))
        return resting + waiting + [(order.order_id, order.side) for orders in auctions for order in orders]

    def waiting_for(self, tif: int) -> list[Order]:
        """The orders that wait for an auction, ON_OPEN or ON_CLOSE, in snapshot order."""
        return sorted((order for order in self.at_auction.values() if order.tif == tif), key=_order_side)

    def rest(self, order: Order) -> None:
        """Append an order to its queue, or to those that wait for an auction."""
        if order.tif in AT_AUCTION:
            self.at_auction[order.order_id] = order
            return
        if self.pro_rata is not None and self.state == TradingState.OPEN and order.queue is Queue.DISPLAYED:
            ladder = self.ladder(order.side)
            best = ladder.best_displayed()
            if best is None or order.price_ticks * ladder.sign < best * ladder.sign:
                self.top[order.side] = order.order_id
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
        self._drop_top(side, order_id)
        order = self.special_orders.pop(order_id, None) or Order(order_id, side, owner, price, lots)
        order.open_lots = lots
        return order

    def _drop_top(self, side: int, order_id: int) -> None:
        """Take the status of the top order from an order, if it has it."""
        if self.top[side] == order_id:
            self.top[side] = None

    def shrink(self, order_id: int, lots: int) -> None:
        """Reduce an order to `lots`, at most its open lots, in place; the reserve is reduced first."""
        queue, order = self.orders[order_id][0], self.special_orders.get(order_id)
        shown = min(queue[order_id], lots) if order and order.reserve_lots else lots
        queue[order_id] = shown
        if order:
            order.reserve_lots = lots - shown

    def fill(self, order_id: int, lots: int) -> bool:
        """Remove traded lots from an order, shown lots first; return whether it was refilled."""
        if order_id in self.at_auction:
            self._reduce(self.at_auction, order_id, lots)
            return False
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
            self._drop_top(side, order_id)
            self.emit(EventKind.REFILLED, side, refill, order_id, 0, price)
            return True
        return False

    def trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> bool:
        """Emit a trade of a maker and fill it; return whether it was refilled."""
        self.emit_trade(detail, lots, taker, maker, price)
        return self.fill(maker, lots)

    def emit_trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> None:
        """Emit a trade and record its price for the stops."""
        if self.log.window.size:
            self.log.window.add(self.log.next_sequence, KeptTrade(self.symbol, detail, lots, price))
        self.emit(EventKind.TRADED, detail, lots, taker, maker, price)
        self.last_ticks = price
        if self.first_unseen_ticks is None:
            self.first_unseen_ticks = price

    def cancel_lots(self, order_id: int, lots: int, reason: int) -> None:
        """Cancel lots of an open order, at most its open lots."""
        left = self.open_lots(order_id) - lots
        price = self.limit(order_id)
        if self.outside_levels(order_id):
            self._reduce(self.waiting if order_id in self.waiting else self.at_auction, order_id, lots)
        elif left:
            self.shrink(order_id, left)
        else:
            self.remove(order_id)
        self.emit(EventKind.CANCELLED, reason, lots, order_id, 0, price)

    @staticmethod
    def _reduce(orders: dict[int, Order], order_id: int, lots: int) -> None:
        """Reduce an order outside the levels; remove it if it has no lots left."""
        orders[order_id].open_lots -= lots
        if not orders[order_id].open_lots:
            del orders[order_id]


def _side_of(pair: tuple[int, int]) -> int:
    return pair[1]


def _order_side(order: Order) -> int:
    return order.side
