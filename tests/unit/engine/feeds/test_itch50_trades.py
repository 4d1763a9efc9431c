"""The trades of an ITCH file: prices of orders, own prices, hidden executions, crosses, broken trades."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from obengine.api.messages import EventKind, Side
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_layout import LENGTHS
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.itch50_stream import ItchSelection
from obengine.feeds.itch50_trades import read_itch50_trades
from obengine.feeds.trades import NO_SIDE, TradeKind
from obengine.reference.book import ReferenceBook


def frame(code: str, time_ns: int, body: bytes, locate: int = 1) -> bytes:
    message = struct.pack(">sHHHI", code.encode(), locate, 0, time_ns >> 32, time_ns & 0xFFFF_FFFF) + body
    assert len(message) == LENGTHS[code]
    return struct.pack(">H", len(message)) + message


def add(time_ns: int, ref: int, side: bytes, shares: int, price: int) -> bytes:
    return frame("A", time_ns, struct.pack(">QsI8sI", ref, side, shares, b"ABC     ", price))


def test_each_kind_of_trade_has_its_price_and_flags(tmp_path: Path) -> None:
    path = tmp_path / "day.itch"
    path.write_bytes(
        add(1, 10, b"B", 300, 1_000_000)
        + frame("E", 2, struct.pack(">QIQ", 10, 20, 1))
        + frame("C", 3, struct.pack(">QIQsI", 10, 30, 2, b"Y", 999_900))
        + frame("C", 4, struct.pack(">QIQsI", 10, 5, 3, b"N", 999_800))
        + frame("U", 5, struct.pack(">QQII", 10, 11, 50, 1_000_100))
        + frame("E", 6, struct.pack(">QIQ", 11, 7, 4))
        + frame("P", 7, struct.pack(">QsI8sIQ", 0, b"B", 8, b"ABC     ", 1_000_050, 5))
        + frame("Q", 8, struct.pack(">Q8sIQs", 10_000_000_000, b"ABC     ", 1_000_000, 6, b"C"))
        + frame("E", 9, struct.pack(">QIQ", 99, 1, 7))
        + frame("B", 10, struct.pack(">Q", 5))
    )
    found = read_itch50_trades(path)
    assert found.symbols == ("ABC",)
    fields = [
        "time_ns",
        "match",
        "order_id",
        "price_ticks",
        "qty_lots",
        "kind",
        "side",
        "printable",
        "broken",
    ]
    buy = int(Side.BUY)
    visible, hidden, cross = (int(kind) for kind in TradeKind)
    assert found.trades[fields].tolist() == [
        (2, 1, 10, 1_000_000, 20, visible, buy, 1, 0),
        (3, 2, 10, 999_900, 30, visible, buy, 1, 0),
        (4, 3, 10, 999_800, 5, visible, buy, 0, 0),
        (6, 4, 11, 1_000_100, 7, visible, buy, 1, 0),
        (7, 5, 0, 1_000_050, 8, hidden, buy, 1, 1),
        (8, 6, 0, 1_000_000, 10_000_000_000, cross, NO_SIDE, 1, 0),
        (9, 7, 99, 0, 1, visible, NO_SIDE, 1, 0),
    ]


def test_prices_of_executions_are_those_of_the_book(tmp_path: Path) -> None:
    """An independent source: the book that applies the commands trades at the price of the resting order."""
    path = write_itch50_sample(tmp_path / "day.itch", seed=6, messages=900)
    day = read_itch50(path)
    events = ReferenceBook(len(day.symbols)).apply(day.commands)
    traded = events[events["kind"] == EventKind.TRADED]
    trades = read_itch50_trades(path).trades
    assert trades.size == traded.size > 50
    assert trades["qty_lots"].tolist() == traded["qty_lots"].tolist()
    assert trades["symbol"].tolist() == traded["symbol"].tolist()
    own = np.flatnonzero(trades["price_ticks"] == traded["price_ticks"])
    assert own.size > 0.8 * trades.size, "but those of messages with a price of their own"


def test_trades_of_one_symbol(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "day.itch", messages=600)
    whole = read_itch50_trades(path)
    name = whole.symbols[1]
    part = read_itch50_trades(path, selection=ItchSelection((name,)))
    assert part.symbols == (name,)
    fields = ["time_ns", "match", "order_id", "price_ticks", "qty_lots"]
    assert part.trades[fields].tolist() == whole.trades[whole.trades["symbol"] == 1][fields].tolist()


def test_a_file_without_trades_has_none(tmp_path: Path) -> None:
    path = tmp_path / "day.itch"
    path.write_bytes(add(1, 10, b"S", 300, 1_000_000))
    assert read_itch50_trades(path).trades.size == 0
    path.write_bytes(frame("E", 2, struct.pack(">QIQ", 10, 20, 1)))
    assert read_itch50_trades(path).trades["price_ticks"].tolist() == [0]
