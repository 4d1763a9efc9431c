"""Rules of tapes, integer rows and touches that hold whatever the numbers are."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obengine.api.errors import FeedError, TapeError
from obengine.api.messages import COMMAND, Op, Side
from obengine.feeds.integer_csv import IntegerCsv
from obengine.feeds.lobster_window import NO_ASK, NO_BID
from obengine.feeds.tape import read_tape, write_tape
from obengine.harness.touch import touches_after
from obengine.reference.book import ReferenceBook

RECORDS = st.binary(max_size=640).map(lambda raw: np.frombuffer(raw[: len(raw) // 32 * 32], COMMAND))


@given(RECORDS)
def test_a_tape_gives_back_what_it_was_given(commands: np.ndarray) -> None:
    """ "a recorded command stream on disk, with its digest": any records, byte for byte."""
    with TemporaryDirectory() as folder:
        write_tape(Path(folder) / "t", commands)
        assert read_tape(Path(folder) / "t").tobytes() == commands.tobytes()


@given(st.binary(max_size=200).filter(lambda raw: raw[:4] != b"\x01\0\x20\0"))
def test_no_bytes_make_the_tape_reader_leave_the_error_tree(raw: bytes) -> None:
    """ "readers: no exception outside the error tree"."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        path.write_bytes(b"OBTAPE\x1a\n" + raw)
        with pytest.raises(TapeError, match="t: "):
            read_tape(path)


@given(st.lists(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=3, max_size=3), max_size=30))
def test_rows_of_integers_are_read_as_written(rows: list[list[int]]) -> None:
    """ "a strict, fast reader": every row that Python writes is read back."""
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    blocks = list(IntegerCsv(io.BytesIO(text), file="f", columns=(3,)).blocks())
    assert [row for block in blocks for row in block.tolist()] == rows


@given(st.binary(max_size=60) | st.text("0123456789-,.\n\r", max_size=60).map(str.encode))
def test_no_bytes_make_the_row_reader_leave_the_error_tree(raw: bytes) -> None:
    """ "readers: no exception outside the error tree", and what is read is what Python reads."""
    blocks = []
    with suppress(FeedError):
        blocks = list(IntegerCsv(io.BytesIO(raw), file="f", columns=(2,)).blocks())
    if not blocks:
        return
    lines = raw.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n") if raw else []
    assert [row for b in blocks for row in b.tolist()] == [
        [int(f) for f in line.split(b",")] for line in lines
    ]


ORDERS = st.tuples(st.sampled_from(Side), st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))


@settings(deadline=None)
@given(st.lists(ORDERS, min_size=1, max_size=60), st.integers(1, 4))
def test_touches_from_events_are_the_book_s_depth(
    orders: list[tuple[Side, int, int, int]], step: int
) -> None:
    """ "the lots on a price at any row are a running sum": equal to asking the book after each row."""
    commands = np.zeros(len(orders), COMMAND)
    resting: list[tuple[int, Side]] = []
    for number, (side, offset, lots, pick) in enumerate(orders):
        one = commands[number]
        if pick % 3 and resting:
            order_id, of = resting.pop(pick % len(resting))
            one["op"], one["side"], one["order_id"] = Op.CANCEL, of, order_id
        else:
            one["op"], one["side"], one["order_id"], one["qty_lots"] = Op.NEW, side, number + 1, lots
            one["price_ticks"] = 100 - offset if side == Side.BUY else 100 + offset
            resting.append((number + 1, side))
    row_end = np.append(np.arange(step, len(orders), step), len(orders))
    whole = touches_after(commands, ReferenceBook().apply(commands), row_end)
    book, done = ReferenceBook(), 0
    for row, end in enumerate(row_end.tolist()):
        book.apply(commands[done:end])
        done = end
        asks, bids = book.depth(Side.SELL, 1), book.depth(Side.BUY, 1)
        ask = (asks[0].price_ticks, asks[0].qty_lots) if asks else (NO_ASK, 0)
        bid = (bids[0].price_ticks, bids[0].qty_lots) if bids else (NO_BID, 0)
        assert tuple(whole[row].tolist()) == (*ask, *bid)
