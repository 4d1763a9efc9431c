"""Level feeds as commands: what each row becomes, lots, and a plain book of the same rows on both cores."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from obengine.api.errors import FeedError
from obengine.api.messages import Op, Side, TradingState
from obengine.cores import make_book
from obengine.feeds.level_commands import LevelCommands, level_commands
from obengine.feeds.level_csv import is_level_csv, read_level_csv

HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"
START_US = 1_600_000_000_000_000
Row = tuple[int, str, bool, str, int, int]
"""Microseconds after the start, symbol, snapshot, side, price in hundredths, size in thousandths."""


def text_of(rows: list[Row]) -> str:
    lines = [
        f"x,{symbol},{START_US + time},{START_US + time},{str(snapshot).lower()},{side},"
        f"{price / 100:.2f},{size / 1000:.3f}"
        for time, symbol, snapshot, side, price, size in rows
    ]
    return "\n".join([HEADER, *lines]) + "\n"


def commands_of(folder: Path, rows: list[Row]) -> LevelCommands:
    path = folder / "levels.csv"
    path.write_text(text_of(rows))
    return level_commands(read_level_csv(path))


def test_each_row_becomes_its_commands(tmp_path: Path) -> None:
    made = commands_of(
        tmp_path,
        [
            (0, "A", True, "bid", 1000, 500),
            (0, "A", True, "ask", 1010, 250),
            (1, "A", False, "bid", 1000, 750),
            (2, "A", False, "ask", 1010, 0),
            (3, "A", False, "ask", 1020, 0),
            (4, "A", False, "ask", 1011, 250),
            (5, "A", True, "bid", 999, 1000),
        ],
    )
    fields = ["op", "side", "qty_lots", "order_id"]
    assert made.commands[fields].tolist() == [
        (Op.STATE, TradingState.AUCTION, 0, 0),
        (Op.NEW, Side.BUY, 2, 1),
        (Op.NEW, Side.SELL, 1, 2),
        (Op.MODIFY, Side.BUY, 3, 1),
        (Op.CANCEL, Side.SELL, 0, 2),
        (Op.NEW, Side.SELL, 1, 3),
        (Op.CANCEL, Side.BUY, 0, 1),
        (Op.CANCEL, Side.SELL, 0, 3),
        (Op.NEW, Side.BUY, 4, 4),
    ]
    assert made.row_end.tolist() == [2, 3, 4, 5, 5, 6, 9], "a removal of what is not there gives no command"
    assert made.lot_units == (25,), "0.25, in units of 0.01: the greatest step of all sizes"


@pytest.mark.parametrize("core", ["reference", "native"])
def test_the_book_is_that_of_a_plain_program(tmp_path: Path, core: str) -> None:
    chance = random.Random(3)
    rows: list[Row] = []
    plain: dict[str, dict[tuple[str, int], int]] = {"A": {}, "B": {}}
    was_snapshot = {"A": False, "B": False}
    for number in range(3_000):
        symbol, snapshot = chance.choice("AB"), chance.random() < 0.1
        side, price = chance.choice(("bid", "ask")), chance.randrange(990, 1_010)
        size = chance.choice((0, chance.randrange(1, 50)))
        rows.append((number, symbol, snapshot, side, price, size))
        if snapshot and not was_snapshot[symbol]:
            plain[symbol].clear()
        was_snapshot[symbol] = snapshot
        plain[symbol][side, price] = size
    made = commands_of(tmp_path, rows)
    book = make_book(core, 2)
    events = book.apply(made.commands)
    assert events.size == made.commands.size, "levels that cross rest without matching"
    for index, symbol in enumerate(made.feed.symbols):
        wanted = {key: size for key, size in plain[symbol].items() if size}
        for side, code in (("bid", Side.BUY), ("ask", Side.SELL)):
            kept = {
                (side, level.price_ticks): level.qty_lots * made.lot_units[index]
                for level in book.depth(code, 100, index)
            }
            assert kept == {key: size for key, size in wanted.items() if key[0] == side}


def test_a_size_of_more_lots_than_an_order_has_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(f"{HEADER}\nx,A,1,1,false,bid,10,0.00000001\nx,A,2,2,false,ask,11,21.47483648\n")
    with pytest.raises(FeedError, match=r"levels\.csv:3.* of 2,147,483,648 lots of 0\.00000001.*LevelBook"):
        level_commands(read_level_csv(path))
    path.write_text(path.read_text().replace("648\n", "647\n"))
    assert level_commands(read_level_csv(path)).commands["qty_lots"].max() == 2**31 - 1


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (HEADER + "\n", True),
        (HEADER + "\r\n", True),
        (HEADER, True),
        (HEADER + ",more\n", False),
        (HEADER.replace("price,amount", "amount,price") + "\n", False),
        (" " + HEADER + "\n", False),
        ("\n" + HEADER + "\n", False),
        ("symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n", True),
        ("", False),
    ],
)
def test_a_level_feed_is_known_by_its_header_alone(tmp_path: Path, head: str, known: bool) -> None:
    path = tmp_path / "day.txt"
    path.write_bytes(head.encode())
    assert is_level_csv(path) is known
    path.write_bytes(gzip.compress(head.encode()))
    assert is_level_csv(path) is known


def test_a_damaged_gzip_file_is_no_level_feed(tmp_path: Path) -> None:
    path = tmp_path / "day.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode())[:12])
    assert not is_level_csv(path)
    assert not is_level_csv(tmp_path / "absent.csv")
