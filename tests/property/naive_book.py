"""A second model of the book, slow on purpose: one list that is scanned for everything.

It shares no code with the cores but the codes and layouts of `obengine.messages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from obengine.book import RESTING
from obengine.messages import (
    EVENT,
    NO_PRICE,
    CancelReason,
    Commands,
    EventKind,
    Events,
    Op,
    OrderKind,
    Priority,
    RejectCode,
    Side,
    TimeInForce,
)

EventRow = tuple[int, int, int, int, int, int, int]


@dataclass(slots=True)
class Resting:
    """One open order; `age` grows with each arrival."""

    symbol: int
    side: int
    order_id: int
    owner: int
    price: int
    qty: int
    age: int


@dataclass(frozen=True, slots=True)
class Command:
    """One command with the field names of its record."""

    op: int
    side: int
    kind: int
    tif: int
    symbol: int
    flags: int
    qty_lots: int
    participant: int
    order_id: int
    price_ticks: int


class NaiveBook:
    """Price-time priority by scanning."""

    def __init__(self, symbols: int) -> None:
        self.symbols = symbols
        self.open: list[Resting] = []
        self.age = 0

    def apply(self, commands: Commands) -> Events:
        """Events of a batch, one command after another."""
        rows = [row for fields in commands.tolist() for row in self.one(Command(*fields))]
        return np.array(rows, EVENT)

    def one(self, command: Command) -> list[EventRow]:
        """Events of one command."""
        code = self.refusal(command)
        if code is not None:
            return [
                event(EventKind.REJECTED, code, command, command.qty_lots, command.op, command.price_ticks)
            ]
        if command.op == Op.NEW:
            return self.new(command)
        order = self.find(command)
        assert order is not None
        if command.op == Op.CANCEL:
            removed = self.take(order, command.qty_lots or order.qty)
            return [event(EventKind.CANCELLED, CancelReason.REQUESTED, command, removed, 0, order.price)]
        if command.op == Op.EXECUTE:
            traded = self.take(order, command.qty_lots)
            side = Side.SELL if order.side == Side.BUY else Side.BUY
            return [(EventKind.TRADED, side, command.symbol, traded, 0, order.order_id, order.price)]
        return self.modify(command, order)

    def refusal(self, command: Command) -> RejectCode | None:
        """The first rule, in the order of the codes, that the command breaks."""
        new = command.op == Op.NEW
        limit = (new and command.kind == OrderKind.LIMIT) or command.op == Op.MODIFY
        market = new and command.kind == OrderKind.MARKET
        known = self.find(command) is not None
        broken = {
            RejectCode.UNKNOWN_OP: command.op not in list(Op),
            RejectCode.UNKNOWN_SIDE: new and command.side not in list(Side),
            RejectCode.UNKNOWN_KIND: new and command.kind not in list(OrderKind),
            RejectCode.UNKNOWN_TIF: new and command.tif not in list(TimeInForce),
            RejectCode.BAD_FLAGS: command.flags != 0,
            RejectCode.UNKNOWN_SYMBOL: command.symbol >= self.symbols,
            RejectCode.BAD_QUANTITY: command.qty_lots < (0 if command.op == Op.CANCEL else 1),
            RejectCode.BAD_PRICE: (limit and command.price_ticks == NO_PRICE)
            or (market and command.price_ticks != NO_PRICE),
            RejectCode.DUPLICATE_ID: new and known,
            RejectCode.UNKNOWN_ORDER: not new and not known,
        }
        return next((code for code in RejectCode if broken[code]), None)

    def new(self, command: Command) -> list[EventRow]:
        """A new order: accepted, matched, and what is left rests or goes."""
        limit = None if command.kind == OrderKind.MARKET else command.price_ticks
        order = self.arriving(command, command.side, command.participant)
        rows = [event(EventKind.ACCEPTED, command.side, command, order.qty, 0, command.price_ticks)]
        rows += self.match(order, limit)
        if order.qty and (limit is None or command.tif == TimeInForce.IOC):
            rows.append(
                event(EventKind.CANCELLED, CancelReason.IMMEDIATE, command, order.qty, 0, command.price_ticks)
            )
        elif order.qty:
            self.open.append(order)
        return rows

    def modify(self, command: Command, order: Resting) -> list[EventRow]:
        """Less at the same price keeps the place; anything else arrives anew."""
        if command.price_ticks == order.price and command.qty_lots <= order.qty:
            order.qty = command.qty_lots
            return [event(EventKind.MODIFIED, Priority.KEPT, command, order.qty, 0, order.price)]
        self.open.remove(order)
        again = self.arriving(command, order.side, order.owner)
        rows = [event(EventKind.MODIFIED, Priority.LOST, command, again.qty, 0, again.price)]
        rows += self.match(again, again.price)
        if again.qty:
            self.open.append(again)
        return rows

    def match(self, taker: Resting, limit: int | None) -> list[EventRow]:
        """Trade with the best and oldest order again and again."""
        rows: list[EventRow] = []
        sign = 1 if taker.side == Side.BUY else -1
        while taker.qty:
            makers = [
                order
                for order in self.open
                if order.symbol == taker.symbol
                and order.side != taker.side
                and (limit is None or sign * order.price <= sign * limit)
            ]
            if not makers:
                break
            maker = min(makers, key=lambda order: (sign * order.price, order.age))
            traded = self.take(maker, taker.qty)
            taker.qty -= traded
            trade = (taker.side, taker.symbol, traded, taker.order_id, maker.order_id, maker.price)
            rows.append((EventKind.TRADED, *trade))
        return rows

    def arriving(self, command: Command, side: int, owner: int) -> Resting:
        """A youngest order with the command's quantity and price."""
        self.age += 1
        return Resting(
            command.symbol, side, command.order_id, owner, command.price_ticks, command.qty_lots, self.age
        )

    def find(self, command: Command) -> Resting | None:
        """The open order that the command names."""
        name = (command.symbol, command.order_id)
        return next((order for order in self.open if (order.symbol, order.order_id) == name), None)

    def take(self, order: Resting, qty: int) -> int:
        """Take at most `qty` lots from an order; an empty order leaves."""
        taken = min(qty, order.qty)
        order.qty -= taken
        if not order.qty:
            self.open.remove(order)
        return taken

    def resting(self) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        """All open orders as `RESTING` records in the canonical order."""
        return np.array([record(order) for order in in_canonical_order(self.open)], RESTING)


def event(kind: int, detail: int, command: Command, qty: int, other_id: int, price: int) -> EventRow:
    """One event row about the command's own order."""
    return (kind, detail, command.symbol, qty, command.order_id, other_id, price)


def in_canonical_order(orders: Iterable[Resting]) -> list[Resting]:
    """By symbol, bids first, best price first, oldest first."""
    return sorted(
        orders,
        key=lambda order: (
            order.symbol,
            order.side,
            -order.price if order.side == Side.BUY else order.price,
            order.age,
        ),
    )


def record(order: Resting) -> tuple[int, ...]:
    """The `RESTING` record of an order."""
    return (order.symbol, order.side, 0, order.qty, order.owner, 0, order.order_id, order.price)
