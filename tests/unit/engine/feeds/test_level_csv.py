"""Level feeds in CSV: two formats, exact scales, and rows that must be refused."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.errors import FeedError
from obengine.api.messages import Side
from obengine.feeds.level_csv import LevelFeed, read_level_csv

TARDIS = [
    "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
    "binance,BTCUSDT,1600000000000000,1600000000000100,true,ask,10000.10,0.5",
    "binance,BTCUSDT,1600000000000000,1600000000000100,true,bid,10000,21.47483648",
    "binance,BTCUSDT,1600000000100000,1600000000100200,false,ask,10000.1,0",
    "binance,ETHUSDT,1600000000050000,1600000000100300,false,bid,350.25,1e-05",
]
BINANCE = [
    "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu",
    "BTCUSDT,1600000000000,1,2,a,snap,10000.10,0.5,-1",
    "BTCUSDT,1600000000001,3,4,b,set,9999.90,1.250,2",
]


def write(folder: Path, rows: list[str], name: str = "levels.csv", end: str = "\n") -> Path:
    path = folder / name
    data = "".join(f"{row}{end}" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def altered(line: int, column: int, value: str) -> list[str]:
    rows = [row.split(",") for row in TARDIS]
    rows[line - 1][column - 1] = value
    return [",".join(row) for row in rows]


def decimals(feed: LevelFeed) -> list[tuple[Decimal, Decimal]]:
    return [(feed.price(price), feed.size(size)) for price, size in feed.updates[["price", "size"]].tolist()]


@pytest.mark.parametrize(("name", "end"), [("a.csv", "\n"), ("a.csv", "\r\n"), ("a.csv.gz", "\n")])
def test_a_tardis_file(tmp_path: Path, name: str, end: str) -> None:
    feed = read_level_csv(write(tmp_path, TARDIS, name, end))
    assert feed.symbols == ("BTCUSDT", "ETHUSDT")
    assert (feed.price_decimals, feed.size_decimals) == (2, 8)
    assert feed.updates["price"].tolist() == [1_000_010, 1_000_000, 1_000_010, 35_025]
    assert feed.updates["size"].tolist() == [50_000_000, 2_147_483_648, 0, 1_000]
    assert feed.updates["side"].tolist() == [Side.SELL, Side.BUY, Side.SELL, Side.BUY]
    assert feed.updates["snapshot"].tolist() == [1, 1, 0, 0]
    assert feed.updates["time_ns"].tolist()[2:] == [1_600_000_000_100_000_000, 1_600_000_000_050_000_000]
    assert feed.updates["received_ns"].tolist()[0] == 1_600_000_000_000_100_000
    assert feed.source.name == name


@pytest.mark.parametrize("with_id", [False, True])
def test_a_binance_file(tmp_path: Path, with_id: bool) -> None:
    rows = BINANCE
    if with_id:
        rows = [
            ",".join((*row.split(",")[:2], "trans_id" if not number else "7", *row.split(",")[2:]))
            for number, row in enumerate(BINANCE)
        ]
    feed = read_level_csv(write(tmp_path, rows))
    assert decimals(feed) == [(Decimal("10000.1"), Decimal("0.5")), (Decimal("9999.9"), Decimal("1.25"))]
    assert feed.updates["time_ns"].tolist() == [1_600_000_000_000_000_000, 1_600_000_000_001_000_000]
    assert feed.updates["snapshot"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        (2, 2, "", "not a symbol"),
        (2, 2, "BTC\x07", "not a symbol"),
        (3, 3, "", "not a time"),
        (3, 3, "-1", "not a time"),
        (3, 3, "1.5", "not a time"),
        (3, 4, "99999999999999999", "not a time"),
        (3, 4, "1599999999999999", "time decreases"),
        (3, 5, "True", "not false or true"),
        (3, 6, "buy", "not a side"),
        (3, 7, "0", "not a price"),
        (3, 7, "-1", "not a price"),
        (3, 7, "+1", "not a price"),
        (3, 7, "", "not a price"),
        (3, 7, ".5", "not a price"),
        (3, 7, "1.", "not a price"),
        (3, 7, "nan", "not a price"),
        (3, 7, "1e400", "not a price"),
        (3, 7, "1" * 60, "not a price"),
        (3, 8, "-0.5", "not a size"),
        (3, 8, "inf", "not a size"),
        (3, 8, "0x10", "not a size"),
        (3, 8, "1_0", "not a size"),
        (3, 8, "٣", "not a size"),
        (3, 8, "1e-999999999", "not a size"),
        (3, 8, " 1", "not a size"),
        (3, 8, "999999999999999", "too large for 5 decimals"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, line: int, column: int, value: str, reason: str) -> None:
    with pytest.raises(FeedError, match=reason) as caught:
        read_level_csv(write(tmp_path, altered(line, column, value)))
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("rows", "reason", "line"),
    [
        ([], "empty", None),
        (TARDIS[:1], "no rows", None),
        (["a,b,c", *TARDIS[1:]], "unknown header", 1),
        ([*TARDIS[:2], "binance,BTCUSDT"], "2 fields instead of 8", 3),
        ([*TARDIS[:2], "", TARDIS[2]], "1 fields instead of 8", 3),
        ([*TARDIS[:2], TARDIS[2] + ",1"], "9 fields instead of 8", 3),
        ([*TARDIS[:2], "x" * 10_000_000], "without an end", 3),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, rows: list[str], reason: str, line: int | None) -> None:
    with pytest.raises(FeedError, match=reason) as caught:
        read_level_csv(write(tmp_path, rows))
    assert caught.value.line == line


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="No such file"):
        read_level_csv(tmp_path / "none.csv")
    path = write(tmp_path, TARDIS, "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FeedError, match="damaged"):
        read_level_csv(path)
    path.write_bytes(gzip.compress(b"\n".join([TARDIS[0].encode(), *[TARDIS[1].encode()] * 400_000])))
    with pytest.raises(FeedError, match="unpacks to more than"):
        read_level_csv(path)


def test_a_scale_that_is_too_coarse_is_refused_and_a_finer_one_is_exact(tmp_path: Path) -> None:
    path = write(tmp_path, TARDIS)
    with pytest.raises(FeedError, match="finer than 1 decimals") as caught:
        read_level_csv(path, price_decimals=1)
    assert (caught.value.line, caught.value.column, caught.value.value) == (5, 7, "350.25")
    exact, finer = read_level_csv(path), read_level_csv(path, price_decimals=4, size_decimals=9)
    assert finer.updates["price"].tolist() == (exact.updates["price"] * 100).tolist()
    assert decimals(finer) == decimals(exact)
    with pytest.raises(ValueError, match="0 to 18"):
        read_level_csv(path, size_decimals=19)


@given(
    st.lists(
        st.tuples(
            st.decimals("0.00000001", "100000", places=8), st.decimals("0", "1000", places=7),
            st.booleans(),
        ), min_size=1, max_size=20,
    )
)  # fmt: skip
def test_every_number_is_kept_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Decimal, Decimal, bool]]
) -> None:
    """Rule: price and size as decimals are those of the text, in plain and in exponent form."""
    lines = [TARDIS[0]]
    for price, size, plain in rows:
        texts = (f"{price:f}", f"{size:f}") if plain else (f"{price:e}", f"{size:e}")
        lines.append(f"x,Y,1,1,false,bid,{texts[0]},{texts[1]}")
    feed = read_level_csv(write(tmp_path_factory.mktemp("levels"), lines))
    assert decimals(feed) == [(price, size) for price, size, _ in rows]
