"""A synthetic ITCH 5.0 file made from seeded flow, for tests and examples.

Each symbol has its own seeded flow through the reference book; the events are written as feed messages.
The ticks of the flow are cents.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obengine.api.messages import CancelReason, EventKind, Op, Side, TimeInForce
from obengine.api.prng import below, splitmix64, stream_seed
from obengine.api.protocol import Book
from obengine.flow.baseline import STEADY, generate
from obengine.reference.book import ReferenceBook

SAMPLE_VERSION: Final = 1
"""Incremented when the same arguments would give different files."""

STOCKS: Final = ("ALPHA", "BRAVO", "CHARLY", "DELTA")
_OPEN_NS: Final = 34_200 * 10**9
_TICK: Final = 100
_ATTRIBUTED: Final = 7


def write_itch50_sample(
    path: Path, *, seed: int = 42, messages: int = 5_000, stocks: int = 3, lengths: bool = True
) -> Path:
    """Write a sample file, compressed if its name ends in `.gz`; return the path.

    Args:
        path: the file to write.
        seed: any uint64.
        messages: number of commands in the flow of each symbol.
        stocks: number of symbols, 1 to 4.
        lengths: whether frames have their length, or 0 as in some files.

    Raises:
        ValueError: a number is out of its range.
        OSError: the file cannot be written.
    """
    if not 1 <= stocks <= len(STOCKS) or messages < 1:
        raise ValueError(f"invalid sample: {messages} messages, {stocks} stocks (1 to {len(STOCKS)})")
    data = b"".join(
        struct.pack(">H", len(message) if lengths else 0) + message
        for message in sample_messages(seed, messages, stocks)
    )
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def sample_messages(seed: int, messages: int, stocks: int) -> Iterator[bytes]:
    """The messages of the sample, in order."""
    clock_ns = _OPEN_NS - 10**9
    yield _message("S", 0, clock_ns, b"O")
    symbols = []
    for locate in range(1, stocks + 1):
        stock = STOCKS[locate - 1].ljust(8).encode()
        yield _message("R", locate, clock_ns, stock + b"QN\0\0\0dNCZ PNN1N\0\0\0\0N")
        yield _message("H", locate, clock_ns, stock + b"T    \0")
        symbols.append(_Symbol(locate, stock, seed, messages))
    gaps = below(splitmix64(stream_seed(seed, 31), 0, messages * stocks), 0, 32, 2_000_000).tolist()
    clock_ns = _OPEN_NS
    for number, gap in enumerate(gaps):
        clock_ns += gap
        symbol = symbols[number % stocks]
        for code, body in symbol.step(number // stocks):
            yield _message(code, symbol.locate, clock_ns, body)
    yield _message("S", 0, clock_ns, b"C")


def _message(code: str, locate: int, time_ns: int, body: bytes) -> bytes:
    return struct.pack(">sHHHI", code.encode(), locate, 0, time_ns >> 32, time_ns & 0xFFFF_FFFF) + body


class _Symbol:
    """The flow and the book of one symbol, converted to feed messages."""

    def __init__(self, locate: int, stock: bytes, seed: int, messages: int) -> None:
        self.locate = locate
        self._stock = stock
        self._commands = generate(STEADY, stream_seed(seed, 32 + locate), messages).commands
        self._book: Book = ReferenceBook()
        self._open: dict[int, tuple[int, int, int]] = {}
        self._match = 0

    def step(self, number: int) -> Iterator[tuple[str, bytes]]:
        """The messages of the next command: type, and body without the header."""
        one = self._commands[number : number + 1]
        command = one[0]
        taken = 0
        for kind, detail, _, lots, order_id, maker, price in self._book.apply(one).tolist():
            if kind == EventKind.TRADED:
                taken += lots
                yield self._executed(maker, lots, number)
            elif kind == EventKind.CANCELLED and detail == CancelReason.REQUESTED:
                yield from self._cancelled(order_id, lots, price, number)
        rests = command["op"] == Op.NEW and command["tif"] == TimeInForce.GTC
        if rests and taken < command["qty_lots"]:
            yield self._added(command, int(command["qty_lots"]) - taken, number)

    def _ref(self, order_id: int) -> bytes:
        return struct.pack(">Q", order_id * len(STOCKS) + self.locate)

    def _executed(self, maker: int, lots: int, number: int) -> tuple[str, bytes]:
        self._match += 1
        price, side, open_lots = self._open[maker]
        self._open[maker] = (price, side, open_lots - lots)
        data = self._ref(maker) + struct.pack(">IQ", lots, self._match)
        return ("C", data + b"Y" + struct.pack(">I", price * _TICK)) if number % 11 == 0 else ("E", data)

    def _cancelled(self, order_id: int, lots: int, price: int, number: int) -> Iterator[tuple[str, bytes]]:
        """A delete; sometimes preceded by a cancel of one lot, or by a replace."""
        ref = self._ref(order_id)
        if number % 5 == 0 and lots > 1:
            yield "X", ref + struct.pack(">I", 1)
        if number % 9 == 0:
            new_ref = struct.pack(">Q", (10**9 + order_id) * len(STOCKS) + self.locate)
            yield "U", ref + new_ref + struct.pack(">II", lots, price * _TICK)
            ref = new_ref
        yield "D", ref

    def _added(self, command: object, lots: int, number: int) -> tuple[str, bytes]:
        fields = command
        side, order_id, price = (int(fields[name]) for name in ("side", "order_id", "price_ticks"))  # type: ignore[index]
        self._open[order_id] = (price, side, lots)
        data = self._ref(order_id) + (b"B" if side == Side.BUY else b"S")
        data += struct.pack(">I", lots) + self._stock + struct.pack(">I", price * _TICK)
        return ("F", data + b"NITE") if number % _ATTRIBUTED == 0 else ("A", data)
