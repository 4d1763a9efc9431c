"""A synthetic LOBSTER day made from seeded flow, for tests and examples.

Seeded orders run through the reference book. Changes of the best levels are written as messages, each with
the orderbook row after it; hidden executions and trading halts are added. Orders from before the first row
are unknown to the reader, like those from before the open of a real day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from obengine.api.messages import COMMAND, EventKind, Events, Op, Side
from obengine.api.prng import below, splitmix64, stream_seed
from obengine.api.protocol import Book
from obengine.feeds.files import DataFile
from obengine.feeds.integer_csv import NANOS
from obengine.feeds.lobster_files import LobsterPair
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Message
from obengine.flow.baseline import STEADY, FlowProfile, generate
from obengine.reference.book import ReferenceBook

SAMPLE_VERSION: Final = 1
"""Incremented when the same arguments would give different files."""

SAMPLE_PROFILE: Final[FlowProfile] = replace(
    STEADY,
    name="sample",
    start_mid_ticks=5_000,
    offset_ticks=14,
    stale_cancel_share=0,
    ioc_share=0,
    resting_floor=120,
)

_OPEN_NS: Final = 34_200 * NANOS
_TICK: Final = 100
_BEFORE_OPEN: Final = 600
_STEM: Final = "SAMPLE_2000-01-03_34200000_57600000"
_HALT: Final = ((Message.HALT, 0, 0, -1, -1), (Message.HALT, 0, 0, 0, -1), (Message.HALT, 0, 0, 1, -1))

_Row = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class LobsterSampleRow:
    """A message without its time (type, order id, size, price, direction) and the book after it."""

    message: _Row
    book: tuple[int, ...]


def write_lobster_sample(folder: Path, *, seed: int = 42, rows: int = 5_000, levels: int = 5) -> Path:
    """Write a message file and its orderbook file to a folder; return the path of the message file.

    Raises:
        ValueError: `seed` is not a uint64, or `rows` or `levels` is below 1.
        OSError: the files cannot be written.
    """
    files = lobster_sample_files(seed=seed, rows=rows, levels=levels)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def lobster_sample_pair() -> LobsterPair:
    """The default sample as open streams in memory."""
    (message, message_data), (orderbook, orderbook_data) = lobster_sample_files().items()
    sources = tuple(
        DataFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in ((message, message_data), (orderbook, orderbook_data))
    )
    return LobsterPair(message, BytesIO(message_data), message, BytesIO(orderbook_data), orderbook, sources)


def lobster_sample_files(*, seed: int = 42, rows: int = 5_000, levels: int = 5) -> dict[str, bytes]:
    """The message file and its orderbook file, by name.

    Raises:
        ValueError: `seed` is not a uint64, or `rows` or `levels` is below 1.
    """
    if rows < 1 or levels < 1:
        raise ValueError(f"invalid sample: {rows} rows, {levels} levels")
    gaps = below(splitmix64(stream_seed(seed, 2), 0, rows), 0, 32, 20_000_000)
    times = (_OPEN_NS + np.cumsum(gaps)).tolist()
    made = list(islice(sample_rows(seed, levels), rows))
    messages = [
        f"{_seconds(t)},{','.join(map(str, row.message))}\n" for t, row in zip(times, made, strict=True)
    ]
    books = [f"{','.join(map(str, row.book))}\n" for row in made]
    return {
        f"{_STEM}_message_{levels}.csv": "".join(messages).encode("ascii"),
        f"{_STEM}_orderbook_{levels}.csv": "".join(books).encode("ascii"),
    }


def sample_rows(seed: int, levels: int) -> Iterator[LobsterSampleRow]:
    """The endless rows of a sample; messages that change no visible level are left out."""
    day = _Day(levels)
    length = 4_096
    done = 0
    while True:
        commands = generate(SAMPLE_PROFILE, seed, length).commands
        for number in range(done, length):
            one = commands[number : number + 1]
            if one["op"][0] == Op.CANCEL and number % 5 == 0:
                one["qty_lots"] = 1 + number % 7
            before = day.view
            for message in day.apply(one):
                view = day.look()
                if number >= _BEFORE_OPEN and view != before:
                    yield LobsterSampleRow(message, view)
                before = view
            if number > _BEFORE_OPEN and number % 61 == 0:
                yield LobsterSampleRow((Message.HIDDEN, 0, 1 + number % 90, before[0] - _TICK, -1), before)
            if number > _BEFORE_OPEN and number % 2_003 == 0:
                yield from (LobsterSampleRow(message, before) for message in _HALT)
        done, length = length, 2 * length


class _Day:
    """A reference book, and the visible levels after each of its events."""

    def __init__(self, levels: int) -> None:
        self._book: Book = ReferenceBook()
        self._levels = levels
        self._totals: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._orders: dict[int, list[int]] = {}
        self.view: tuple[int, ...] = self.look()

    def look(self) -> tuple[int, ...]:
        """The current orderbook row."""
        asks = sorted(self._totals[Side.SELL].items())[: self._levels]
        bids = sorted(self._totals[Side.BUY].items(), reverse=True)[: self._levels]
        asks += [(NO_ASK, 0)] * (self._levels - len(asks))
        bids += [(NO_BID, 0)] * (self._levels - len(bids))
        self.view = tuple(field for ask, bid in zip(asks, bids, strict=True) for field in (*ask, *bid))
        return self.view

    def apply(self, command: np.ndarray[tuple[int], np.dtype[np.void]]) -> Iterator[_Row]:
        """Apply one command; yield its messages, with `view` updated after each."""
        events: Events = self._book.apply(np.ascontiguousarray(command, dtype=COMMAND))
        left = 0
        for kind, _, _, lots, order_id, maker, _ in events.tolist():
            if kind == EventKind.ACCEPTED:
                left = lots
            elif kind == EventKind.TRADED:
                left -= lots
                yield self._reduce(Message.EXECUTE, maker, lots)
            elif kind == EventKind.CANCELLED and order_id in self._orders:
                open_lots = self._orders[order_id][2]
                yield self._reduce(Message.REDUCE if lots < open_lots else Message.DELETE, order_id, lots)
            else:
                left = 0
        first = command[0]
        if left and first["op"] == Op.NEW and first["tif"] == 0:
            side, order_id = int(first["side"]), int(first["order_id"])
            price = int(first["price_ticks"]) * _TICK
            self._orders[order_id] = [side, price, left]
            self._totals[side][price] = self._totals[side].get(price, 0) + left
            yield Message.NEW, order_id, left, price, _direction(side)

    def _reduce(self, kind: Message, order_id: int, lots: int) -> _Row:
        order = self._orders[order_id]
        side, price, _ = order
        order[2] -= lots
        if not order[2]:
            del self._orders[order_id]
        totals = self._totals[side]
        totals[price] -= lots
        if not totals[price]:
            del totals[price]
        return kind, order_id, lots, price, _direction(side)


def _direction(side: int) -> int:
    return 1 if side == Side.BUY else -1


def _seconds(time_ns: int) -> str:
    """Seconds with up to nine decimals without trailing zeros, as written by LOBSTER."""
    whole, nanos = divmod(time_ns, NANOS)
    return f"{whole}.{nanos:09d}".rstrip("0").rstrip(".")
