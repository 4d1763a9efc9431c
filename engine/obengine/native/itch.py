"""ITCH 5.0 decoding by the native core: to books of all symbols, or to commands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine._native import FeedBooks
from obengine.api.errors import FeedError, SymbolError
from obengine.api.messages import COMMAND, MAX_SYMBOLS, Commands, Side
from obengine.api.protocol import Level

Bytes = bytes | bytearray | memoryview | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ItchEnd:
    """The end of a read.

    Attributes:
        offset: number of bytes handled; a truncated frame can be read again from there.
        messages: number of messages handled.
        fault: the error of the frame at the offset; None if all bytes were read.
    """

    offset: int
    messages: int
    fault: str | None

    def require_complete(self, file: str) -> None:
        """Require that all bytes were read.

        Raises:
            FeedError: names the frame, its offset and its fault.
        """
        if self.fault is not None:
            place = f"byte {self.offset}"
            raise FeedError(self.fault, file=file, line=self.messages + 1, column=None, value=place)


@dataclass(frozen=True, slots=True)
class FeedFaults:
    """Counts of invalid messages. They have no effect, except that an order reduced below 0 is removed."""

    unknown_order: int
    duplicate_order: int
    bad_quantity: int
    bad_side: int


class ItchBooks:
    """The books of all symbols of a feed. Prices are in the feed's units of 1/10,000 dollar.

    Bytes are frames of a two-byte big-endian length and a message. They are read without a copy and may
    arrive in pieces. A symbol is the stock locate.
    """

    def __init__(self) -> None:
        self._books = FeedBooks()

    def read(self, data: Bytes) -> ItchEnd:
        """Apply messages to the books."""
        offset, messages, fault = self._books.read(_bytes(data))
        return ItchEnd(offset, messages, fault or None)

    def commands(self, data: Bytes) -> tuple[ItchEnd, Commands]:
        """Apply messages to the books; return the commands that keep an engine in step.

        An engine matches crossing orders: if the feed's book may be crossed, set the state to AUCTION.
        """
        (offset, messages, fault), commands = self._books.commands(_bytes(data))
        return ItchEnd(offset, messages, fault or None), commands.view(COMMAND)

    def depth(self, side: Side, levels: int, symbol: int) -> tuple[Level, ...]:
        """At most `levels` levels of a side, best first.

        Raises:
            SymbolError: not a stock locate.
        """
        if not 0 <= symbol < MAX_SYMBOLS:
            raise SymbolError(f"a stock locate is 0 to {MAX_SYMBOLS - 1}, not {symbol}")
        rows = self._books.depth(symbol, int(side == Side.SELL), max(levels, 0))
        return tuple(Level(price, qty, orders) for price, qty, orders in rows)

    @property
    def faults(self) -> FeedFaults:
        """The counts of invalid messages so far."""
        return FeedFaults(*self._books.faults)

    @property
    def open_orders(self) -> int:
        """The number of open orders of all symbols."""
        return self._books.open_orders


def _bytes(data: Bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
