"""Levels as a frame: equal to the depth of a book after each change; resampled; trades as bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE, Side
from obengine.cores import make_book
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.level_frames import Frame, level_names, resample, trade_bars
from obengine.feeds.lobster import read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.trades import TRADE, Trades
from obengine.flow.baseline import STEADY, generate
from obengine.simulation.recording import record_commands


def row_of(book: object, count: int) -> list[int]:
    """The levels of a book in the order of `level_names`."""
    sides = [book.depth(side, count) for side in Side]  # type: ignore[attr-defined]
    cells: list[int] = []
    for number in range(count):
        for levels in sides:
            level = levels[number] if number < len(levels) else None
            cells += [level.price_ticks, level.qty_lots] if level else [NO_PRICE, 0]
    return cells


def rows(frame: Frame, count: int) -> list[list[int]]:
    """The rows of a frame without its time."""
    return np.stack([frame[name] for name in level_names(count)], axis=1).tolist()


@settings(max_examples=10)
@given(st.integers(0, 2**64 - 1), st.integers(1, 7))
def test_the_frame_is_the_depth_of_the_book_after_each_command(seed: int, count: int) -> None:
    commands = generate(STEADY, seed, 250).commands
    recording = record_commands(commands, np.arange(commands.size))
    frame = recording.levels(count)
    last = np.searchsorted(frame["time_ns"], np.arange(commands.size), side="right") - 1
    book = make_book("reference")
    wanted = []
    for at in range(commands.size):
        book.apply(commands[at : at + 1])
        wanted.append(row_of(book, count))
    known = last >= 0
    assert np.array(rows(frame, count))[last[known]].tolist() == np.array(wanted)[known].tolist()


def test_a_lobster_day_has_the_levels_of_its_file() -> None:
    day = read_pair(lobster_sample_pair())
    frame = day.levels(3)
    assert list(frame) == ["time_ns", *level_names(3)]
    at = 100
    assert [frame[f"{side}_lots_{n}"][at] for n in (1, 2, 3) for side in ("ask", "bid")] == [
        day.book_rows[at, column] for column in (1, 3, 5, 7, 9, 11)
    ]
    assert frame["bid_ticks_2"][at] == day.book_rows[at, 6]
    with pytest.raises(WorkloadError, match="there are 1 to 5"):
        day.levels(6)


def test_an_itch_file_has_levels_by_symbol(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = write_itch50_sample(tmp_path / "made.itch", seed=3)
    day = read_itch50(path)
    name = day.symbols[1]
    frame = day.levels(2, symbol=name)
    book = make_book("reference", len(day.symbols))
    book.apply(day.commands)
    wanted = [level for side in Side for level in book.depth(side, 2, 1)]
    got = [
        (frame[f"{side}_ticks_{n}"][-1], frame[f"{side}_lots_{n}"][-1])
        for side in ("bid", "ask")
        for n in (1, 2)
    ]
    assert [pair for pair in got if pair[1]] == [(level.price_ticks, level.qty_lots) for level in wanted]
    assert wanted
    for symbol in ("NONE", 99):
        with pytest.raises(WorkloadError, match="no symbol"):
            day.levels(2, symbol=symbol)


def test_resampling_takes_the_last_row_at_each_step() -> None:
    frame = {"time_ns": np.array([10, 12, 20, 41]), "x": np.array([1, 2, 3, 4])}
    found = resample(frame, 10)
    assert {name: column.tolist() for name, column in found.items()} == {
        "time_ns": [10, 20, 30, 40],
        "x": [1, 3, 3, 3],
    }
    for step in (0, -5):
        with pytest.raises(WorkloadError, match="every_ns"):
            resample(frame, step)
    with pytest.raises(WorkloadError, match="no rows"):
        resample({"time_ns": np.zeros(0, dtype=np.int64)}, 1)


def made_trades(*rows: tuple[int, int, int, int]) -> Trades:
    """Trades of time, price, lots, printable."""
    made = np.zeros(len(rows), dtype=TRADE)
    names = ("time_ns", "price_ticks", "qty_lots", "printable")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made[name] = column
    return made


def test_bars_have_open_high_low_close_and_value() -> None:
    trades = made_trades((5, 100, 2, 1), (7, 104, 1, 1), (8, 999, 9, 0), (9, 99, 3, 1), (36, 101, 4, 1))
    bars = {name: column.tolist() for name, column in trade_bars(trades, 10).items()}
    assert bars == {
        "time_ns": [5, 15, 25, 35],
        "open_ticks": [100, 99, 99, 101],
        "high_ticks": [104, 99, 99, 101],
        "low_ticks": [99, 99, 99, 101],
        "close_ticks": [99, 99, 99, 101],
        "lots": [6, 0, 0, 4],
        "trades": [3, 0, 0, 1],
        "value": [200 + 104 + 297, 0, 0, 404],
    }
