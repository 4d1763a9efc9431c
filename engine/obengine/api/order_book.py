"""The book as an object to talk to from Python, one command a call, over any core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from obengine.api import orders
from obengine.api.messages import (
    EVENT_RECORD,
    MAX_QTY,
    Commands,
    EventKind,
    Events,
    Queue,
    Side,
    TradingState,
)
from obengine.api.protocol import Book, Level, Snapshot

_KINDS = {kind.value: kind for kind in EventKind}


class Event(NamedTuple):
    """One event, with its sequence number in the stream of its engine."""

    sequence: int
    kind: EventKind
    detail: int
    symbol: int
    qty_lots: int
    order_id: int
    other_id: int
    price_ticks: int


class LevelChange(NamedTuple):
    """A displayed level as it is now; 0 lots and orders where it is gone."""

    side: Side
    price_ticks: int
    qty_lots: int
    orders: int


class OpenOrder(NamedTuple):
    """An open order as the snapshot has it (L3)."""

    order_id: int
    side: Side
    price_ticks: int
    open_lots: int
    shown_lots: int
    queue: Queue
    participant: int


class OrderBook:
    """A book of any core, spoken to in Python: commands as methods, events as tuples, levels to walk.

    >>> book = OrderBook(make_book("reference"))
    >>> book.submit(1, Side.SELL, 10, 101)
    >>> book.submit(2, Side.BUY, 4, 101, participant=7)
    >>> [level.price_ticks for level in book.asks()]

    Args:
        book: the core's book; whatever it holds already is there.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self._seen: dict[int, dict[tuple[Side, int], Level]] = {}

    def submit(self, order_id: int, side: Side, qty_lots: int, *price_ticks: int, **more: Any) -> list[Event]:
        """A new order, with the arguments of `orders.new_order`; what came of it.

        Raises:
            BatchError: a value does not fit its field.
        """
        return self.apply(orders.new_order(order_id, side, qty_lots, *price_ticks, **more))

    def cancel(self, order_id: int, qty_lots: int = 0, *, symbol: int = 0) -> list[Event]:
        """Remove lots of an order, 0 for all of it."""
        return self.apply(orders.cancel(order_id, qty_lots, symbol=symbol))

    def modify(self, order_id: int, qty_lots: int, price_ticks: int = 0, *, symbol: int = 0) -> list[Event]:
        """Give an order a new open quantity and price."""
        return self.apply(orders.modify(order_id, qty_lots, price_ticks, symbol=symbol))

    def execute(self, order_id: int, qty_lots: int, *, symbol: int = 0) -> list[Event]:
        """A recorded trade of a resting order."""
        return self.apply(orders.execute(order_id, qty_lots, symbol=symbol))

    def mass_cancel(
        self, *, participant: int = 0, side: Side | None = None, symbol: int | None = None
    ) -> list[Event]:
        """Remove all orders, or those of a participant, a side, a symbol."""
        return self.apply(orders.mass_cancel(participant=participant, side=side, symbol=symbol))

    def set_state(self, state: TradingState, **more: Any) -> list[Event]:
        """Set the trading state of a symbol, with the arguments of `orders.set_state`."""
        return self.apply(orders.set_state(state, **more))

    def set_clock(self, time_ns: int, *, end_of_day: bool = False) -> list[Event]:
        """Set the clock, and let expire what is due."""
        return self.apply(orders.set_clock(time_ns, end_of_day=end_of_day))

    def apply(self, commands: Commands) -> list[Event]:
        """Any commands; their events."""
        first = self.book.next_sequence
        return events_of(self.book.apply(commands), first)

    def bids(self, symbol: int = 0) -> tuple[Level, ...]:
        """All displayed buy levels, best first."""
        return self.book.depth(Side.BUY, MAX_QTY, symbol)

    def asks(self, symbol: int = 0) -> tuple[Level, ...]:
        """All displayed sell levels, best first."""
        return self.book.depth(Side.SELL, MAX_QTY, symbol)

    def touch(self, symbol: int = 0) -> tuple[Level | None, Level | None]:
        """The best displayed buy and sell level (L1)."""
        bid, ask = (next(iter(self.book.depth(side, 1, symbol)), None) for side in Side)
        return bid, ask

    def __iter__(self) -> Iterator[tuple[Side, Level]]:
        """Side and level of symbol 0, best first, buys first."""
        return ((side, level) for side in Side for level in self.book.depth(side, MAX_QTY))

    def orders(self, symbol: int = 0) -> list[OpenOrder]:
        """Every open order of a symbol in snapshot order, hidden and waiting ones too (L3)."""
        records = self.book.snapshot().orders
        fields = ["order_id", "side", "price_ticks", "open_lots", "shown_lots", "queue", "participant"]
        return [
            OpenOrder(order_id, Side(side), price, lots, shown, Queue(queue), owner)
            for order_id, side, price, lots, shown, queue, owner in records[records["symbol"] == symbol][
                fields
            ].tolist()
        ]

    def level_changes(self, symbol: int = 0) -> list[LevelChange]:
        """What changed in the displayed levels of a symbol since the last call, buys first, by price (L2)."""
        before = self._seen.get(symbol, {})
        now = {
            (side, level.price_ticks): level
            for side in Side
            for level in self.book.depth(side, MAX_QTY, symbol)
        }
        self._seen[symbol] = now
        gone = Level(0, 0, 0)
        return [
            LevelChange(
                side, price, now.get((side, price), gone).qty_lots, now.get((side, price), gone).orders
            )
            for side, price in sorted({*before, *now})
            if before.get((side, price)) != now.get((side, price))
        ]

    def snapshot(self) -> Snapshot:
        """The whole state."""
        return self.book.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Take on the state of a snapshot."""
        self.book.restore(snapshot)


def events_of(records: Events, first_sequence: int) -> list[Event]:
    """Event records as tuples; the first has the given sequence number."""
    return [
        Event(sequence, _KINDS[kind], *rest)
        for sequence, (kind, *rest) in enumerate(EVENT_RECORD.iter_unpack(records.tobytes()), first_sequence)
    ]
