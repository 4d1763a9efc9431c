"""An interactive order book over any core: one command per call, events as tuples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from obengine.api import orders
from obengine.api.messages import (
    EVENT_RECORD,
    MAX_QTY,
    NO_PRICE,
    BandMode,
    Commands,
    EventKind,
    Events,
    Matching,
    Queue,
    Side,
    TradingState,
)
from obengine.api.protocol import Book, Indication, Level, Snapshot

_KINDS = {kind.value: kind for kind in EventKind}


class Event(NamedTuple):
    """An event with its sequence number."""

    sequence: int
    kind: EventKind
    detail: int
    symbol: int
    qty_lots: int
    order_id: int
    other_id: int
    price_ticks: int


class LevelChange(NamedTuple):
    """The new state of a displayed level; 0 lots and 0 orders if it was removed."""

    side: Side
    price_ticks: int
    qty_lots: int
    orders: int


class OpenOrder(NamedTuple):
    """An open order (L3)."""

    order_id: int
    side: Side
    price_ticks: int
    open_lots: int
    shown_lots: int
    queue: Queue
    participant: int


class OrderBook:
    """A book of any core, with commands as methods and events as tuples.

    >>> book = OrderBook(make_book("reference"))
    >>> book.submit(1, Side.SELL, 10, 101)
    >>> book.submit(2, Side.BUY, 4, 101, participant=7)
    >>> [level.price_ticks for level in book.asks()]

    Args:
        book: a book of `make_book`; it may already contain orders.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self._seen: dict[int, dict[tuple[Side, int], Level]] = {}

    def submit(self, order_id: int, side: Side, qty_lots: int, *price_ticks: int, **more: Any) -> list[Event]:
        """Submit a new order, with the arguments of `new_order`; return its events.

        Raises:
            BatchError: a value does not fit its field.
        """
        return self.apply(orders.new_order(order_id, side, qty_lots, *price_ticks, **more))

    def cancel(self, order_id: int, qty_lots: int = 0, *, symbol: int = 0) -> list[Event]:
        """Cancel lots of an order; 0 cancels all of it."""
        return self.apply(orders.cancel(order_id, qty_lots, symbol=symbol))

    def modify(self, order_id: int, qty_lots: int, price_ticks: int = 0, **more: Any) -> list[Event]:
        """Set a new quantity and price of an order, with the arguments of `modify`."""
        return self.apply(orders.modify(order_id, qty_lots, price_ticks, **more))

    def execute(self, order_id: int, qty_lots: int, *, symbol: int = 0) -> list[Event]:
        """Apply a recorded execution of a resting order."""
        return self.apply(orders.execute(order_id, qty_lots, symbol=symbol))

    def mass_cancel(
        self, *, participant: int = 0, side: Side | None = None, symbol: int | None = None
    ) -> list[Event]:
        """Cancel all orders, or those of a participant, a side, a symbol."""
        return self.apply(orders.mass_cancel(participant=participant, side=side, symbol=symbol))

    def set_state(self, state: TradingState, **more: Any) -> list[Event]:
        """Set the trading state of a symbol, with the arguments of `set_state`."""
        return self.apply(orders.set_state(state, **more))

    def set_steps(self, **more: Any) -> list[Event]:
        """Set the price step and the lot step of a symbol, with the arguments of `set_steps`."""
        return self.apply(orders.set_steps(**more))

    def set_steps_from(self, price_ticks: int, **more: Any) -> list[Event]:
        """Set the steps of a symbol from a price on, with the arguments of `set_steps_from`."""
        return self.apply(orders.set_steps_from(price_ticks, **more))

    def set_band(self, mode: BandMode, *prices: int, **more: Any) -> list[Event]:
        """Set the price band of a symbol, with the arguments of `set_band`."""
        return self.apply(orders.set_band(mode, *prices, **more))

    def set_matching(self, matching: Matching, **more: Any) -> list[Event]:
        """Set how a taker trades with a level of a symbol, with the arguments of `set_matching`."""
        return self.apply(orders.set_matching(matching, **more))

    def keep_trades(self, trades: int) -> list[Event]:
        """Keep the last trades, so that they can be busted."""
        return self.apply(orders.keep_trades(trades))

    def bust_trade(self, trade_id: int) -> list[Event]:
        """Declare a trade void; its id is the sequence number of its TRADED event."""
        return self.apply(orders.bust_trade(trade_id))

    def set_clock(self, time_ns: int, *, end_of_day: bool = False) -> list[Event]:
        """Set the clock and expire orders that are due."""
        return self.apply(orders.set_clock(time_ns, end_of_day=end_of_day))

    def apply(self, commands: Commands) -> list[Event]:
        """Apply any commands; return their events."""
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
        """Sides and levels of symbol 0, buys first, best first."""
        return ((side, level) for side in Side for level in self.book.depth(side, MAX_QTY))

    def orders(self, symbol: int = 0) -> list[OpenOrder]:
        """All open orders of a symbol in snapshot order, including hidden and waiting ones (L3)."""
        records = self.book.snapshot().orders
        fields = ["order_id", "side", "price_ticks", "open_lots", "shown_lots", "queue", "participant"]
        return [
            OpenOrder(order_id, Side(side), price, lots, shown, Queue(queue), owner)
            for order_id, side, price, lots, shown, queue, owner in records[records["symbol"] == symbol][
                fields
            ].tolist()
        ]

    def level_changes(self, symbol: int = 0) -> list[LevelChange]:
        """The displayed levels of a symbol that changed since the last call, buys first, by price (L2)."""
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

    def indication(self, symbol: int = 0, reference_ticks: int = NO_PRICE) -> Indication | None:
        """The indicative auction price of a symbol and its imbalance; None if no orders would trade."""
        return self.book.indication(symbol, reference_ticks)

    def snapshot(self) -> Snapshot:
        """The whole state."""
        return self.book.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state by that of a snapshot."""
        self.book.restore(snapshot)


def events_of(records: Events, first_sequence: int) -> list[Event]:
    """Convert event records to tuples; the first has the given sequence number."""
    return [
        Event(sequence, _KINDS[kind], *rest)
        for sequence, (kind, *rest) in enumerate(EVENT_RECORD.iter_unpack(records.tobytes()), first_sequence)
    ]
