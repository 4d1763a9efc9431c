"""Trades in CSV beside a level feed: its units and symbols, resting sides, rows that are refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import NO_PRICE, Side
from obengine.feeds.level_csv import LevelFeed, read_level_csv
from obengine.feeds.trades import NO_SIDE
from obengine.feeds.trades_csv import HEADER, read_trades_csv
from obengine.simulation.simulation import Simulation
from tests.unit.engine.simulation.made_recordings import BUY, Planned

LEVELS = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
x,A,10,11,true,bid,9.50,2
x,B,10,11,true,bid,1,1
x,A,10,11,true,ask,10,1.5
x,A,20,21,false,bid,9.75,1
x,A,90,91,false,bid,9.75,0
"""
TRADES = ("x,A,30,31,t2,sell,9.75,3", "x,C,35,36,t3,buy,7,1", "x,B,40,41,t4,unknown,1,0.5")


@pytest.fixture
def feed(tmp_path: Path) -> LevelFeed:
    (tmp_path / "levels.csv").write_text(LEVELS)
    return read_level_csv(str(tmp_path / "levels.csv"))


def write(folder: Path, *rows: str, header: str = HEADER, name: str = "trades.csv") -> Path:
    data = "".join(f"{row}\n" for row in (header, *rows)).encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder / name


@pytest.mark.parametrize("name", ["trades.csv", "trades.csv.gz"])
def test_trades_have_the_units_and_symbols_of_the_feed(tmp_path: Path, feed: LevelFeed, name: str) -> None:
    trades = read_trades_csv(str(write(tmp_path, *TRADES, name=name)), feed)
    assert trades[["time_ns", "price_ticks", "qty_lots", "symbol", "side"]].tolist() == [
        (30_000, 975, 30, 0, Side.BUY),
        (40_000, 100, 5, 1, NO_SIDE),
    ]


def test_trades_of_a_level_feed_fill_its_orders_and_without_them_is_a_warning(
    tmp_path: Path, feed: LevelFeed
) -> None:
    plan = [(25_000, lambda market: market.submit(BUY, 7, 975))]
    trades = read_trades_csv(write(tmp_path, *TRADES), feed)
    result = Simulation(feed, Planned(plan), queue="last", trades=trades).run()
    assert result.fills["lots"].tolist() == [7]
    with pytest.warns(UserWarning, match="a level feed has no trades"):
        idle = Simulation(feed, Planned(plan), queue="last")
    assert idle.run().counts["fills"] == 0


def test_a_level_feed_has_frames_of_its_levels(feed: LevelFeed) -> None:
    frame = feed.levels(2, symbol="A")
    assert frame["time_ns"].tolist() == [10_000, 10_000, 20_000, 90_000]
    assert frame["bid_ticks_1"].tolist() == [950, 950, 975, 950]
    assert frame["bid_lots_1"].tolist() == [20, 20, 10, 20]
    assert frame["ask_ticks_1"].tolist() == [NO_PRICE, 1_000, 1_000, 1_000]
    assert frame["bid_lots_2"].tolist() == [0, 0, 20, 0]
    assert feed.levels(1, symbol=1)["bid_ticks_1"].tolist() == [100]
    with pytest.raises(WorkloadError, match="no symbol 'C'; there are 2, the first is 'A'"):
        feed.levels(1, symbol="C")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["x,A,30,31,t2,bid,9.75,3"], "trades.csv:2:6: not a side"),
        (
            ["x,C,1,1,t,buy,7,1", "x,A,30,31,t2,sell,9.755,3"],
            "trades.csv:3:7: finer than 2 decimals: '9.755'",
        ),
        (["x,A,30,31,t2,sell,-1,3"], "trades.csv:2:7: not a price"),
        (["x,A,30,31,t2,sell,1,0"], "trades.csv:2:8: not a size"),
        (["x,A,soon,31,t2,sell,1,1"], "trades.csv:2:3: not a time"),
        (["x,A,30,31,sell,1,1"], "trades.csv:2: 7 fields instead of 8"),
        (["x,C,1,1,t,buy,7,1"], "trades.csv: no trade of A, B"),
        ([], "trades.csv: no trade of A, B"),
    ],
)
def test_rows_that_are_no_trades_are_refused(
    tmp_path: Path, feed: LevelFeed, rows: list[str], message: str
) -> None:
    with pytest.raises(FeedError) as refused:
        read_trades_csv(write(tmp_path, *rows), feed)
    assert message in str(refused.value)


def test_other_files_are_refused(tmp_path: Path, feed: LevelFeed) -> None:
    with pytest.raises(FeedError, match=r"trades.csv:1: unknown header"):
        read_trades_csv(write(tmp_path, header=LEVELS.splitlines()[0]), feed)
    with pytest.raises(FeedError, match=r"none.csv: cannot be read"):
        read_trades_csv(tmp_path / "none.csv", feed)
