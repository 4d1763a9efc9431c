"""The trades that can be busted according to the events."""

from __future__ import annotations

from typing import Final

Trade = tuple[int, int, int, int]
"""Symbol, detail, lots and price of a TRADED or TRADE_BUSTED event."""

_BUSTED: Final[Trade] = (-1, 0, 0, 0)


class ReplayTrades:
    """The last trades, as many as the last TRADE_WINDOW_SET said."""

    __slots__ = ("_kept", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._kept: dict[int, Trade] = {}

    def resize(self, size: int) -> None:
        """Set the number of trades that are kept; the oldest are forgotten."""
        self._size = size
        while len(self._kept) > size:
            del self._kept[next(iter(self._kept))]

    def keep(self, trade_id: int, trade: Trade) -> None:
        """Keep a trade, if any are kept."""
        if self._size:
            self._kept[trade_id] = trade
            self.resize(self._size)

    def bust(self, trade_id: int, trade: Trade) -> bool:
        """Bust a trade; return whether it was made like this, is kept, and was not busted before."""
        right = self._kept.get(trade_id) == trade
        if trade_id in self._kept:
            self._kept[trade_id] = _BUSTED
        return right
