"""The orders of a strategy, and the records of what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

UNKNOWN_AHEAD: Final = 2**62
"""Lots ahead of an order at a price that the recording does not show."""

ORDER_EVENT: Final = np.dtype(
    [
        ("time_ns", "<i8"),
        ("order_id", "<i8"),
        ("price_ticks", "<i8"),
        ("lots", "<i8"),
        ("ahead_lots", "<i8"),
        ("symbol", "<u2"),
        ("side", "u1"),
        ("kind", "u1"),
        ("reason", "u1"),
    ]
)
"""Time at the exchange, order, its limit, lots (open after the event; CANCELLED: removed; FILLED: traded),
lots ahead in the queue (-1 if unknown or not in a queue), symbol, side, `OrderEventKind`, `Reason`."""

FILL: Final = np.dtype(
    [
        ("time_ns", "<i8"),
        ("order_id", "<i8"),
        ("price_ticks", "<i8"),
        ("lots", "<i8"),
        ("fee_millionths", "<i8"),
        ("change", "<i8"),
        ("symbol", "<u2"),
        ("side", "u1"),
        ("taker", "u1"),
    ]
)
"""Time, order, price, lots, fee in millionths of ticks x lots, index of the recorded change that filled it
(for a taker: of the last before it), symbol, side of the order, and whether it took."""

QUEUE_POSITION: Final = np.dtype(
    [("time_ns", "<i8"), ("order_id", "<i8"), ("ahead_lots", "<i8"), ("open_lots", "<i8")]
)
"""The recorded lots ahead of an order (-1: unknown) whenever they change, and its open lots."""


class OrderEventKind(IntEnum):
    """What happened to an order at the exchange."""

    ACCEPTED = 1
    REJECTED = 2
    FILLED = 3
    CANCELLED = 4
    REPLACED = 5
    REFUSED_CHANGE = 6


class Reason(IntEnum):
    """Why."""

    NONE = 0
    REQUESTED = 1
    WOULD_TAKE = 2
    RISK = 3
    IMMEDIATE = 4
    SELF_TRADE = 5
    UNKNOWN_ORDER = 6
    END = 7


@dataclass(slots=True, eq=False)
class Order:
    """An order of a strategy.

    Attributes:
        order_id: numbered from 1 on.
        price_ticks: the limit; of a market order the worst price there is.
        lots: as sent; `open_lots` are those that are neither traded nor cancelled.
        ahead_lots: recorded lots ahead of it in its queue, `UNKNOWN_AHEAD` if unknown.
        placed: the number of recorded changes before it got its place.
        resting: whether it is in the book now.
        done: whether nothing more can happen to it.
        credit: lots ahead that traded, whose removal from the level is still to come.
    """

    order_id: int
    symbol: int
    side: int
    price_ticks: int
    lots: int
    post_only: bool = False
    ioc: bool = False
    open_lots: int = 0
    ahead_lots: int = 0
    placed: int = 0
    resting: bool = False
    done: bool = False
    credit: int = 0


class OrderEvent(NamedTuple):
    """A report to a strategy, with the fields of `ORDER_EVENT`."""

    time_ns: int
    order_id: int
    price_ticks: int
    lots: int
    ahead_lots: int
    symbol: int
    side: int
    kind: int
    reason: int


class Fill(NamedTuple):
    """A fill, with the fields of `FILL`."""

    time_ns: int
    order_id: int
    price_ticks: int
    lots: int
    fee_millionths: int
    change: int
    symbol: int
    side: int
    taker: int
