"""ITCH 5.0 by the compiled core, against a plain dictionary and against the engines; and damaged bytes."""

from __future__ import annotations

import struct
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.errors import FeedError, SymbolError
from obengine.api.messages import COMMAND, Commands, Op, Side, TradingState
from obengine.api.orders import set_state
from obengine.native.book import NativeBook
from obengine.native.itch import ItchBooks
from obengine.reference.book import ReferenceBook

SYMBOLS = 3
Order = tuple[int, int, int, int]
"""Symbol, side, price, shares."""


def frame(kind: str, symbol: int, body: bytes) -> bytes:
    message = kind.encode() + struct.pack(">HH", symbol, 0) + bytes(6) + body
    return struct.pack(">H", len(message)) + message


def added(order_id: int, order: Order, kind: str = "A") -> bytes:
    symbol, side, price, shares = order
    letter, owner = b"BS"[side : side + 1], b"MPID" * (kind == "F")
    return frame(kind, symbol, struct.pack(">QcI8sI", order_id, letter, shares, b"STOCK   ", price) + owner)


class Feed:
    """A seeded feed, and the orders that it leaves open."""

    def __init__(self, seed: int, messages: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.open: dict[int, Order] = {}
        self.frames = [frame("S", 0, b"O")]
        for order_id in range(messages):
            self._step(order_id << 40 if order_id % 2 else order_id)

    @property
    def data(self) -> bytes:
        return b"".join(self.frames)

    def levels(self, symbol: int, side: Side) -> list[tuple[int, int, int]]:
        shares: Counter[int] = Counter()
        orders: Counter[int] = Counter()
        for here, its_side, price, lots in self.open.values():
            if (here, its_side) == (symbol, side):
                shares[price] += lots
                orders[price] += 1
        return [(price, shares[price], orders[price]) for price in sorted(shares, reverse=side == Side.BUY)]

    def _step(self, new_id: int) -> None:
        what = self.rng.integers(0, 10)
        if what < 5 or not self.open:
            order = tuple(
                int(self.rng.integers(low, high)) for low, high in ((0, 3), (0, 2), (1, 60), (1, 90))
            )
            symbol, side, price, shares = order
            self.open[new_id] = (symbol, side, price, shares)
            self.frames.append(added(new_id, self.open[new_id], "AF"[new_id % 3 == 0]))
            return
        order_id = list(self.open)[int(self.rng.integers(0, len(self.open)))]
        symbol, side, price, shares = self.open.pop(order_id)
        if what == 5:
            self.frames.append(frame("D", symbol, struct.pack(">Q", order_id)))
        elif what == 6:
            self.open[new_id] = (symbol, side, price + 7, shares + 1)
            self.frames.append(
                frame("U", symbol, struct.pack(">QQII", order_id, new_id, shares + 1, price + 7))
            )
        else:
            gone = int(self.rng.integers(1, shares + 1))
            kind, more = {7: ("E", bytes(8)), 8: ("C", bytes(13)), 9: ("X", b"")}[int(what)]
            self.frames.append(frame(kind, symbol, struct.pack(">QI", order_id, gone) + more))
            if gone < shares:
                self.open[order_id] = (symbol, side, price, shares - gone)


def levels_of(
    book: ItchBooks | NativeBook | ReferenceBook, symbol: int, side: Side
) -> list[tuple[int, int, int]]:
    depth = book.depth(side, 10_000, symbol)
    return [(level.price_ticks, level.qty_lots, level.orders) for level in depth]


def in_auction() -> Commands:
    return np.concatenate([set_state(TradingState.AUCTION, symbol=symbol) for symbol in range(SYMBOLS)])


@pytest.mark.parametrize("seed", range(4))
def test_books_and_engines_follow_a_feed(seed: int) -> None:
    feed = Feed(seed, 4_000)
    books, writer = ItchBooks(), ItchBooks()
    end = books.read(feed.data)
    assert (end.offset, end.messages, end.fault) == (len(feed.data), len(feed.frames), None)
    _, commands = writer.commands(feed.data)
    native, reference = NativeBook(SYMBOLS), ReferenceBook(SYMBOLS)
    stream = np.concatenate([in_auction(), commands])
    assert native.apply(stream).tobytes() == reference.apply(stream).tobytes()
    assert books.open_orders == len(feed.open)
    for symbol in range(SYMBOLS):
        for side in Side:
            expected = feed.levels(symbol, side)
            for book in (books, writer, native, reference):
                assert levels_of(book, symbol, side) == expected


def test_pieces_cut_anywhere_give_the_same_books() -> None:
    feed = Feed(9, 300)
    books, rest = ItchBooks(), b""
    for start in range(0, len(feed.data), 17):
        rest += feed.data[start : start + 17]
        rest = rest[books.read(rest).offset :]
    assert rest == b""
    assert levels_of(books, 1, Side.BUY) == feed.levels(1, Side.BUY)


def test_a_faulty_frame_is_named_by_its_offset() -> None:
    good = Feed(2, 50)
    for wrong, words in (
        (b"\x00\x05?....", "unknown"),
        (b"\x00\x13A" + bytes(18), "length"),
        (good.frames[1][:-1], "truncated"),
        (b"\x00", "truncated"),
    ):
        books = ItchBooks()
        end = books.read(good.data + wrong)
        assert (end.offset, end.messages) == (len(good.data), len(good.frames))
        with pytest.raises(FeedError, match=words) as raised:
            end.require_complete("a.itch")
        assert raised.value.line == len(good.frames) + 1
        assert levels_of(books, 0, Side.SELL) == good.levels(0, Side.SELL)


@pytest.mark.parametrize("behind", [b"", b"\0", b"?", b"\0\0\0\x05", b"A" * 60])
def test_an_empty_frame_ends_a_file(behind: bytes) -> None:
    data = Feed(2, 50).data
    end = ItchBooks().read(data + b"\0\0" + behind)
    assert (end.offset, end.fault) == (len(data) + 2, None)


def test_invalid_messages_are_counted_and_have_no_effect() -> None:
    books = ItchBooks()
    order = (0, 0, 100, 10)
    gone = frame("D", 0, struct.pack(">Q", 77))
    side = bytearray(added(5, order))
    side[2 + 19] = ord("?")
    books.read(added(1, order) + added(1, order) + gone + added(2, (0, 0, 100, 0)) + bytes(side))
    faults = books.faults
    assert (faults.duplicate_order, faults.unknown_order, faults.bad_quantity, faults.bad_side) == (
        1,
        1,
        1,
        1,
    )
    assert levels_of(books, 0, Side.BUY) == [(100, 10, 1)]
    with pytest.raises(SymbolError):
        books.depth(Side.BUY, 1, 65_536)


def test_no_lots_to_cancel_do_not_cancel_all() -> None:
    _, commands = ItchBooks().commands(added(1, (0, 0, 100, 10)) + frame("X", 0, struct.pack(">QI", 1, 0)))
    assert commands.dtype == COMMAND
    assert commands["op"].tolist() == [Op.NEW]


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_any_bytes_are_read_without_harm(tail: bytes, at: int, value: int) -> None:
    """Rule: whatever the bytes, reading ends behind the last good frame, and has the reason."""
    data = bytearray(Feed(3, 12).data + tail)
    data[at % len(data)] = value
    end = ItchBooks().read(bytes(data))
    assert 0 <= end.offset <= len(data)
    assert (end.offset == len(data)) or end.fault is not None or data[end.offset - 2 : end.offset] == b"\0\0"
