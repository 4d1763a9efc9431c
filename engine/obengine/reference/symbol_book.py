"""The open orders of one symbol, its trading state, and what can be done to one order."""

from __future__ import annotations

from collections.abc import Iterator

from obengine.api.messages import EVENT_RECORD, EventKind, Queue, Side, TradingState
from obengine.reference.ladder import Ladder, Lots, Order
from obengine.reference.orders import Ticket

_pack = EVENT_RECORD.pack


class EventLog:
    """Where the events of the batch at hand are appended."""

    __slots__ = ("out",)

    def __init__(self) -> None:
        self.out = bytearray()


class SymbolBook:
    """The book of one symbol.

    Attributes:
        orders: every resting order by id.
        tickets: the tickets of those that are not plain.
        waiting: the stops that wait, by id, in order of arrival.
        state: a TradingState.
        last_ticks: price of the last trade, None before the first.
        first_ticks: price of the first trade that waiting stops have not seen yet.
    """

    __slots__ = (
        "asks",
        "bids",
        "first_ticks",
        "last_ticks",
        "log",
        "orders",
        "state",
        "symbol",
        "tickets",
        "waiting",
    )

    def __init__(self, symbol: int, log: EventLog) -> None:
        self.symbol, self.log = symbol, log
        self.orders: dict[int, Order] = {}
        self.tickets: dict[int, Ticket] = {}
        self.waiting: dict[int, Ticket] = {}
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self.state: int = TradingState.OPEN
        self.last_ticks: int | None = None
        self.first_ticks: int | None = None

    def tell(self, kind: EventKind, detail: int, qty: int, order_id: int, other_id: int, price: int) -> None:
        """Append an event about this symbol."""
        self.log.out += _pack(kind, detail, self.symbol, qty, order_id, other_id, price)

    def own(self, side: int) -> Ladder:
        """The ladder that orders of a side rest on."""
        return self.asks if side else self.bids

    def opposite(self, side: int) -> Ladder:
        """The ladder that orders of a side trade against."""
        return self.bids if side else self.asks

    def is_open(self, order_id: int) -> bool:
        """Whether the id is in use."""
        return order_id in self.orders or order_id in self.waiting

    def open_lots(self, order_id: int) -> int:
        """What is left of an order."""
        if order_id in self.waiting:
            return self.waiting[order_id].open_lots
        ticket = self.tickets.get(order_id)
        return self.orders[order_id][0][order_id] + (ticket.reserve_lots if ticket else 0)

    def owner(self, order_id: int) -> int:
        """The participant of an order."""
        stop = self.waiting.get(order_id)
        return stop.participant if stop else self.orders[order_id][3]

    def resting(self, side: int) -> Iterator[tuple[int, Queue, Lots]]:
        """Price, number and orders of each queue of a side, in snapshot order."""
        return self.own(side).queues()

    def in_snapshot_order(self) -> list[tuple[int, int]]:
        """Order id and side of every open order, in snapshot order."""
        resting = [
            (order_id, side) for side in Side for _, _, queue in self.resting(side) for order_id in queue
        ]
        waiting = sorted(((stop.order_id, stop.side) for stop in self.waiting.values()), key=_second)
        return resting + waiting

    def rest(self, ticket: Ticket) -> None:
        """Put an order last in its queue."""
        queue = self.own(ticket.side).queue_of(ticket.price_ticks, ticket.queue)
        shown = min(ticket.display_lots or ticket.open_lots, ticket.open_lots)
        ticket.reserve_lots = ticket.open_lots - shown
        queue[ticket.order_id] = shown
        self.orders[ticket.order_id] = (queue, ticket.price_ticks, ticket.side, ticket.participant)
        if not ticket.is_plain:
            self.tickets[ticket.order_id] = ticket

    def remove(self, order_id: int) -> Ticket:
        """Take an order off the book, and give its ticket, with its open lots."""
        lots = self.open_lots(order_id)
        queue, price, side, owner = self.orders.pop(order_id)
        del queue[order_id]
        ticket = self.tickets.pop(order_id, None) or Ticket(order_id, side, owner, price, lots)
        ticket.open_lots = lots
        return ticket

    def shrink(self, order_id: int, lots: int) -> None:
        """Leave an order `lots`, at most its open lots, in its place: the reserve goes first."""
        queue, ticket = self.orders[order_id][0], self.tickets.get(order_id)
        shown = min(queue[order_id], lots) if ticket and ticket.reserve_lots else lots
        queue[order_id] = shown
        if ticket:
            ticket.reserve_lots = lots - shown

    def take(self, order_id: int, lots: int) -> bool:
        """Take traded lots from an order: shown ones, then the reserve. Whether it was refilled."""
        queue, price, side, _ = self.orders[order_id]
        left, shown = self.open_lots(order_id) - lots, queue[order_id]
        if not left:
            self.remove(order_id)
        elif lots < shown:
            queue[order_id] = shown - lots
        else:
            ticket = self.tickets[order_id]
            refill = min(ticket.display_lots, left)
            ticket.reserve_lots = left - refill
            queue[order_id] = refill
            queue.move_to_end(order_id)
            self.tell(EventKind.REFILLED, side, refill, order_id, 0, price)
            return True
        return False

    def trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> bool:
        """A trade of a maker. Whether it was refilled."""
        self.tell_trade(detail, lots, taker, maker, price)
        return self.take(maker, lots)

    def tell_trade(self, detail: int, lots: int, taker: int, maker: int, price: int) -> None:
        """Tell a trade, and keep its price for the stops."""
        self.tell(EventKind.TRADED, detail, lots, taker, maker, price)
        self.last_ticks = price
        if self.first_ticks is None:
            self.first_ticks = price

    def withdraw(self, order_id: int, lots: int, reason: int) -> None:
        """Cancel lots of an open order, at most those it has."""
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
        self.tell(EventKind.CANCELLED, reason, lots, order_id, 0, price)


def _second(pair: tuple[int, int]) -> int:
    return pair[1]
