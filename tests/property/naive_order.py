"""An order of the naive model, and its record in a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from obengine.api.messages import OrderFlag, OrderKind, Side, TimeInForce


@dataclass(slots=True, eq=False)
class Order:
    """One open order; `age` grows with each arrival and each refill."""

    symbol: int
    side: int
    order_id: int
    owner: int
    price: int
    qty: int
    age: int
    kind: int = 0
    tif: int = 0
    flags: int = 0
    display: int = 0
    shown: int = 0
    expiry: int = 0
    trigger: int = 0
    trail: int = 0
    filled: int = 0

    @property
    def waits(self) -> bool:
        return self.kind >= OrderKind.STOP

    @property
    def queue(self) -> int:
        if self.waits:
            return 3
        if self.tif == TimeInForce.AON:
            return 2
        if self.tif >= TimeInForce.ON_OPEN:
            return self.tif - 2
        return 1 if self.flags & OrderFlag.HIDDEN else 0

    @property
    def imbalance_only(self) -> bool:
        return self.flags & OrderFlag.IMBALANCE_ONLY != 0

    @property
    def sign(self) -> int:
        return 1 if self.side == Side.BUY else -1

    @property
    def placement(self) -> int:
        never_rests = self.kind == OrderKind.MARKET or self.tif in (TimeInForce.IOC, TimeInForce.FOK)
        if never_rests and self.queue < 3:
            return 0
        return self.queue + 256 * self.imbalance_only + self.display * 2**32


def record(o: Order) -> tuple[int, ...]:
    """The `RESTING` record of an order."""
    lots = (o.qty, o.display, o.shown)
    trail = o.filled if o.flags & OrderFlag.TOTAL and not o.waits else o.trail
    head = (o.symbol, o.side, o.kind, o.tif, o.queue, o.flags)
    return (*head, *lots, o.owner, o.order_id, o.price, o.trigger, trail, o.expiry)
