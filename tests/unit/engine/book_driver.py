"""Drives a reference book in unit tests: commands as methods, events as short tuples."""

from __future__ import annotations

from typing import Any

from obengine.api import orders
from obengine.api.messages import (
    CancelReason,
    EventKind,
    Priority,
    RejectCode,
    SelfTrade,
    Side,
    TimeInForce,
    TradingState,
)
from obengine.api.order_book import Event, OrderBook
from obengine.reference.book import ReferenceBook

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, DAY, GTD, FOK, AON, ON_OPEN, ON_CLOSE = TimeInForce
OPEN, HALT, AUCTION = TradingState
EventRow = tuple[Any, ...]


class BookDriver:
    """A reference book whose methods return events as short tuples: (kind, order id, lots, ...)."""

    def __init__(self, symbols: int = 1) -> None:
        self.book = OrderBook(ReferenceBook(symbols))

    def new(self, order_id: int, side: Side, lots: int, *price: int, **more: Any) -> list[EventRow]:
        return self.rows_of(self.book.submit(order_id, side, lots, *price, **more))

    def modify(self, order_id: int, lots: int, price: int = 0, **more: Any) -> list[EventRow]:
        return self.rows_of(self.book.modify(order_id, lots, price, **more))

    def cancel(self, order_id: int, lots: int = 0) -> list[EventRow]:
        return self.rows_of(self.book.cancel(order_id, lots))

    def execute(self, order_id: int, lots: int) -> list[EventRow]:
        return self.rows_of(self.book.execute(order_id, lots))

    def state(self, state: TradingState, **more: Any) -> list[EventRow]:
        return self.rows_of(self.book.apply(orders.set_state(state, **more)))

    def clock(self, time_ns: int, **more: Any) -> list[EventRow]:
        return self.rows_of(self.book.set_clock(time_ns, **more))

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Id, open lots, shown lots, price of every open order."""
        return [(o.order_id, o.open_lots, o.shown_lots, o.price_ticks) for o in self.book.orders()]

    @staticmethod
    def rows_of(events: list[Event]) -> list[EventRow]:
        return [short(event) for event in events]


def short(event: Event) -> EventRow:
    """The relevant fields of an event, as a tuple."""
    kind, order_id, lots, price = event.kind, event.order_id, event.qty_lots, event.price_ticks
    if kind is EventKind.TRADED:
        return ("traded", order_id, event.other_id, lots, price)
    if kind is EventKind.CANCELLED:
        return ("cancelled", order_id, lots, CancelReason(event.detail))
    if kind is EventKind.REJECTED:
        return ("rejected", RejectCode(event.detail))
    if kind is EventKind.MODIFIED:
        return ("modified", order_id, lots, price, Priority(event.detail))
    if kind is EventKind.STATE_CHANGED:
        return ("state", TradingState(event.detail), price)
    if kind is EventKind.AUCTION_PRICE:
        return ("auction", lots, price)
    return (kind.name.lower(), order_id, lots, price)


__all__ = [
    "AON",
    "AUCTION",
    "BUY",
    "DAY",
    "FOK",
    "GTC",
    "GTD",
    "HALT",
    "IOC",
    "ON_CLOSE",
    "ON_OPEN",
    "OPEN",
    "SELL",
    "BookDriver",
    "CancelReason",
    "EventRow",
    "Priority",
    "RejectCode",
    "SelfTrade",
]
