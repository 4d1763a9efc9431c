"""What an ITCH 5.0 file gives: its parts, what is known at its end, and the protocol of decoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, Commands
from obengine.feeds.trades import TRADE, Trades

Int64s = NDArray[np.int64]

OPEN_ORDER: Final = np.dtype(
    [("symbol", "<u2"), ("side", "u1"), ("order_id", "<u8"), ("price_ticks", "<i8"), ("qty_lots", "<i8")]
)
"""An order with the shares that the messages leave open."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A change of a symbol's trading state: `H` halted, `P` paused, `Q` quotation only, `T` trading.

    The symbol is -1 for a stock without orders and trades.
    """

    time_ns: int
    symbol: int
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ItchPart:
    """What some messages give.

    Attributes:
        commands: keep the books in step with the file.
        times_ns: for each command, nanoseconds since midnight.
        frames: for each command, the 1-based number of its message; 0 for states.
        trades: executions of visible and hidden orders, and crosses.
    """

    commands: Commands
    times_ns: Int64s
    frames: Int64s
    trades: Trades


@dataclass(frozen=True, slots=True)
class ItchFacts:
    """What is known after the last message.

    Attributes:
        symbols: the stock of each symbol index.
        attributions: the market participant of each participant number, from 1 on.
        counts: number of messages by name, without zeros.
        halts: changes of trading state, in order.
        unknown_orders: number of messages about orders that were not open.
        broken: the matches of broken trades.
        left_open: `OPEN_ORDER` records by symbol and id, from arithmetic on the messages alone.
        start_of_messages, end_of_messages: whether the first and the last message are the system events that
            start and end a whole day.
        only_opening: whether a part of the file has orders of its opening book, and no message of its window.
    """

    symbols: tuple[str, ...]
    attributions: tuple[str, ...]
    counts: Mapping[str, int]
    halts: tuple[Halt, ...]
    unknown_orders: int
    broken: NDArray[np.uint64]
    left_open: NDArray[np.void]
    start_of_messages: bool
    end_of_messages: bool
    only_opening: bool = False


class ItchDecoder(Protocol):
    """Decodes the messages of one file, block after block."""

    def decode(self, data: bytes, numbers: Int64s | None = None) -> tuple[int, ItchPart]:
        """Decode whole frames; return the number of bytes read, and what they give.

        Args:
            data: frames; the last one may be cut, and is then left for the next block.
            numbers: of each message in the file; None to count on.

        Raises:
            FeedError: an unknown type, a wrong length, a decreasing time or an invalid field; the line is the
                number of the message.
        """
        ...

    def facts(self) -> ItchFacts:
        """What is known after the messages so far."""
        ...

    @property
    def messages(self) -> int:
        """The number of messages so far."""
        ...


def text_of(field: bytes) -> str:
    """A text field without the blanks and zeros behind it."""
    return field.rstrip(b"\0").decode("ascii", "replace").strip()


def halts_of(rows: Sequence[tuple[int, int, str, str]], symbols: Mapping[int, int]) -> tuple[Halt, ...]:
    """Halts from rows of time, locate, state and reason."""
    return tuple(
        Halt(time_ns, symbols.get(locate, -1), state, reason) for time_ns, locate, state, reason in rows
    )


def join_parts(parts: Sequence[ItchPart]) -> ItchPart:
    """The parts of a file as one."""
    return ItchPart(
        np.concatenate([part.commands for part in parts] or [np.zeros(0, COMMAND)]),
        np.concatenate([part.times_ns for part in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([part.frames for part in parts] or [np.zeros(0, np.int64)]),
        np.concatenate([part.trades for part in parts] or [np.zeros(0, TRADE)]),
    )
