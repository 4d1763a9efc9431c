"""The trades that are kept, so that they can be busted (section 9.1 of the specification)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class KeptTrade:
    """A trade, with the detail of its TRADED event."""

    symbol: int
    detail: int
    lots: int
    price_ticks: int
    is_busted: bool = False


class TradeWindow:
    """The last trades of an engine.

    Attributes:
        size: the number of trades that are kept at most.
        trades: those that are kept, by id.
    """

    __slots__ = ("size", "trades")

    def __init__(self) -> None:
        self.size = 0
        self.trades: dict[int, KeptTrade] = {}

    def resize(self, size: int) -> None:
        """Set the number of trades that are kept; the oldest are forgotten."""
        self.size = size
        self._forget()

    def add(self, sequence: int, trade: KeptTrade) -> None:
        """Keep a trade."""
        self.trades[sequence] = trade
        self._forget()

    def _forget(self) -> None:
        while len(self.trades) > self.size:
            del self.trades[next(iter(self.trades))]
