"""Commands, extensions, and orders with all their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from obengine.api.messages import (
    NO_PRICE,
    SELF_TRADE_MASK,
    SELF_TRADE_SHIFT,
    OrderFlag,
    OrderKind,
    Queue,
    Side,
    TimeInForce,
    placement_of,
)

TRAILING: Final = frozenset({OrderKind.TRAILING_STOP, OrderKind.TRAILING_STOP_LIMIT})
STOPS: Final = frozenset({OrderKind.STOP, OrderKind.STOP_LIMIT}) | TRAILING
LIMITED: Final = frozenset({OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP_LIMIT})
"""The kinds whose `price_ticks` is a limit or the offset of one."""

IMMEDIATE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
WHOLE: Final = frozenset({TimeInForce.FOK, TimeInForce.AON})
AT_AUCTION: Final = frozenset({TimeInForce.ON_OPEN, TimeInForce.ON_CLOSE})
"""The times in force of orders that take part in one auction only."""


class Command(NamedTuple):
    """One command record."""

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


class Extension(NamedTuple):
    """The parameters of an EXTEND; all 0 if there is none."""

    display_lots: int = 0
    min_lots: int = 0
    expiry_ns: int = 0
    trigger_ticks: int = 0


NO_EXTENSION: Final = Extension()


@dataclass(slots=True)
class Order:
    """An order with all its attributes: arriving, waiting outside the levels, or resting as a special order.

    Attributes:
        price_ticks: limit or worst price; NO_PRICE if none; the offset of a trailing stop-limit.
        flags: without EXTENDED.
        open_lots: the remainder; not updated while the order rests (its queue and `reserve_lots` are).
        reserve_lots: the lots of a resting iceberg that are not displayed.
        filled_lots: the lots that were traded since it was entered; not kept for plain orders.
        trigger_ticks: NO_PRICE for a trailing stop without a trigger; 0 for other kinds.
    """

    order_id: int
    side: int
    participant: int
    price_ticks: int
    open_lots: int
    kind: int = OrderKind.LIMIT
    tif: int = TimeInForce.GTC
    flags: int = 0
    display_lots: int = 0
    reserve_lots: int = 0
    expiry_ns: int = 0
    trigger_ticks: int = 0
    trail_ticks: int = 0
    filled_lots: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether a resting order needs no attributes beyond its queue entry."""
        return not (self.tif or self.flags or self.display_lots)

    @property
    def self_trade(self) -> int:
        """The SelfTrade mode."""
        return self.flags >> SELF_TRADE_SHIFT & SELF_TRADE_MASK

    @property
    def is_imbalance_only(self) -> bool:
        """Whether it trades only with the imbalance of its auction."""
        return bool(self.flags & OrderFlag.IMBALANCE_ONLY)

    @property
    def queue(self) -> Queue:
        """The queue of a level in which it rests, or where it waits for an auction."""
        if self.tif in AT_AUCTION:
            return Queue.ON_OPEN if self.tif == TimeInForce.ON_OPEN else Queue.ON_CLOSE
        if self.tif == TimeInForce.AON:
            return Queue.CONDITIONAL
        return Queue.HIDDEN if self.flags & OrderFlag.HIDDEN else Queue.DISPLAYED

    @property
    def placement(self) -> int:
        """The placement that ACCEPTED and TRIGGERED report (section 10 of the specification)."""
        if self.kind in STOPS:
            return placement_of(Queue.WAITING, self.display_lots)
        if self.tif not in AT_AUCTION and (self.kind == OrderKind.MARKET or self.tif in IMMEDIATE):
            return 0
        return placement_of(self.queue, self.display_lots, self.is_imbalance_only)

    @property
    def reach(self) -> int | None:
        """The limit times the sign of the opposite ladder; None without a limit."""
        if self.price_ticks == NO_PRICE:
            return None
        return self.price_ticks if self.side == Side.BUY else -self.price_ticks


def order_from(command: Command, extension: Extension) -> Order:
    """The order of a valid NEW."""
    kind, trigger = command.kind, extension.trigger_ticks
    if command.tif in AT_AUCTION and command.price_ticks != NO_PRICE:
        kind = OrderKind.LIMIT
    return Order(
        order_id=command.order_id,
        side=command.side,
        participant=command.participant,
        price_ticks=NO_PRICE if kind in STOPS - LIMITED else command.price_ticks,
        open_lots=command.qty_lots,
        kind=kind,
        tif=command.tif,
        flags=command.flags & ~OrderFlag.EXTENDED,
        display_lots=extension.display_lots,
        expiry_ns=extension.expiry_ns,
        trigger_ticks=NO_PRICE if kind in TRAILING else trigger,
        trail_ticks=trigger if kind in TRAILING else 0,
    )
