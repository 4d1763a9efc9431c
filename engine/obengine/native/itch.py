"""ITCH 5.0 bytes by the compiled core: to the books of all symbols, or to commands for an engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine._native import FeedBooks, itch_day
from obengine.api.errors import FeedError, SymbolError
from obengine.api.messages import COMMAND, MAX_SYMBOLS, Commands, Side
from obengine.api.protocol import Level

Bytes = bytes | bytearray | memoryview | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ItchEnd:
    """Where reading ended.

    Attributes:
        offset: bytes that were handled; a frame that is cut off can be read again from there.
        messages: messages that were handled.
        fault: what is wrong with the frame at the offset, in words; None where all was read.
    """

    offset: int
    messages: int
    fault: str | None

    def require_complete(self, file: str) -> None:
        """Refuse bytes that were not read to their end.

        Raises:
            FeedError: names the frame, its offset and its fault.
        """
        if self.fault is not None:
            place = f"byte {self.offset}"
            raise FeedError(self.fault, file=file, line=self.messages + 1, column=None, value=place)


@dataclass(frozen=True, slots=True)
class FeedFaults:
    """Messages that said what cannot be; they had no effect, but an order that gave too much is gone."""

    unknown_order: int
    duplicate_order: int
    bad_quantity: int
    bad_side: int


class ItchBooks:
    """The books of all symbols as a feed tells them. Prices are the feed's: 1/10,000 dollar.

    Bytes are frames of a two-byte big-endian length and a message; they are read where they lie, and
    may come in pieces. A symbol is the stock locate.
    """

    def __init__(self) -> None:
        self._books = FeedBooks()

    def read(self, data: Bytes) -> ItchEnd:
        """Let the books follow the messages."""
        offset, messages, fault = self._books.read(_bytes(data))
        return ItchEnd(offset, messages, fault or None)

    def commands(self, data: Bytes) -> tuple[ItchEnd, Commands]:
        """Let the books follow the messages; the commands that let an engine do the same.

        An engine matches: where the feed's book is crossed, set the symbol's state to AUCTION.
        """
        (offset, messages, fault), commands = self._books.commands(_bytes(data))
        return ItchEnd(offset, messages, fault or None), commands.view(COMMAND)

    def depth(self, side: Side, levels: int, symbol: int) -> tuple[Level, ...]:
        """The best `levels` levels of a side, best first; none for a symbol without orders.

        Raises:
            SymbolError: no stock locate is like that.
        """
        if not 0 <= symbol < MAX_SYMBOLS:
            raise SymbolError(f"a stock locate is from 0 to {MAX_SYMBOLS - 1}, not {symbol}")
        rows = self._books.depth(symbol, int(side == Side.SELL), max(levels, 0))
        return tuple(Level(price, qty, orders) for price, qty, orders in rows)

    @property
    def faults(self) -> FeedFaults:
        """What the feed said that cannot be, so far."""
        return FeedFaults(*self._books.faults)

    @property
    def open_orders(self) -> int:
        """The number of open orders of all symbols."""
        return self._books.open_orders


@dataclass(frozen=True, slots=True)
class ItchDayColumns:
    """A whole file as columns.

    Attributes:
        commands: what keeps an engine in step, symbols numbered in the order of `namings`.
        times_ns, frames: of each command, and the 1-based number of its message.
        counts: messages by the byte of their type.
        namings: of each symbol its locate, and the places of the first messages of types R, A and F that
            name its stock (-1 for none).
        attributions: in order of first appearance, which numbers participants from 1.
        halts: places of the messages of type H.
        unknown_orders: messages about orders that the file never introduced.
    """

    commands: Commands
    times_ns: NDArray[np.int64]
    frames: NDArray[np.int64]
    counts: tuple[int, ...]
    stock_mentions: tuple[tuple[int, int, int, int], ...]
    attributions: tuple[bytes, ...]
    halts: NDArray[np.int64]
    unknown_orders: int


def read_day_columns(data: Bytes) -> ItchDayColumns | None:
    """Read a whole file; None where a frame is cut, faulty or without its length, as `feeds.itch50` tells."""
    fields = itch_day(_bytes(data))
    if fields is None:
        return None
    commands, times_ns, frames, counts, stock_mentions, attributions, halts, unknown = fields
    return ItchDayColumns(
        commands=commands.view(COMMAND),
        times_ns=times_ns.view(np.int64),
        frames=frames.view(np.int64),
        counts=tuple(counts),
        stock_mentions=tuple(stock_mentions),
        attributions=tuple(each.to_bytes(4, "little").rstrip(b"\0") for each in attributions),
        halts=np.array(halts, dtype=np.int64),
        unknown_orders=unknown,
    )


def _bytes(data: Bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
