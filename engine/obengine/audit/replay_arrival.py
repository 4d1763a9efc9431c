"""The order that arrives according to the events."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from obengine.api.messages import NO_PRICE, Queue
from obengine.audit.replay_book import Entry
from obengine.audit.replay_pro_rata import Shares


@dataclass(slots=True)
class Arrival:
    """The last order that arrived, until the first event of the next order or command."""

    symbol: int
    entry: Entry
    refilled: set[int]
    looks_again: bool = False
    shares: Shares = field(default_factory=deque)
    shared_price: int = NO_PRICE

    def is_fill(self, side: int, symbol: int, qty: int, taker: int, maker: Entry | None, price: int) -> bool:
        """Whether a trade belongs to this order; otherwise it is a recorded execution or invalid."""
        entry = self.entry
        if not entry.open_lots or (self.symbol, entry.order_id, entry.side) != (symbol, taker, side):
            return False
        if maker is not None and maker.queue == Queue.CONDITIONAL and not taker:
            return qty == maker.open_lots <= entry.open_lots
        if entry.price_ticks == NO_PRICE:
            return True
        return price >= entry.price_ticks if side else price <= entry.price_ticks
