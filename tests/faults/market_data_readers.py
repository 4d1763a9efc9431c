"""The readers of market data that the fuzzers call, and small files that they start from."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from obengine.feeds.databento import read_databento
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_sample import sample_messages
from obengine.feeds.itch50_stream import ItchSelection
from obengine.feeds.itch50_trades import read_itch50_trades
from obengine.feeds.level_commands import level_commands
from obengine.feeds.level_csv import read_level_csv
from obengine.feeds.lobster import read_lobster_days
from tests.faults.readers import Reader, in_file

STEM: Final = "X_2026-01-05_34200000_57600000_{}_1.csv"
MESSAGES: Final = b"34200.1,1,1,10,1000000,1,NITE\n34200.2,5,0,9,1000050,1,null\n34200.3,3,1,10,1000000,1,\n"
BOOKS: Final = b"1000100,10,1000000,10\n1000100,10,1000000,10\n1000100,10,-9999999999,0\n"
LEVELS: Final = (
    b"exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
    b"x,Y,1600000000000000,1600000000000100,true,ask,100.10,0.5\n"
    b"x,Y,1600000000000000,1600000000000101,false,bid,1e2,0\n"
)
PART: Final = ItchSelection(("ALPHA",), 34_200 * 10**9 + 2 * 10**6)


def pair_in_gzip(data: bytes, folder: Path) -> object:
    """Reads a day whose message file is replaced."""
    day = folder / "day"
    day.mkdir(exist_ok=True)
    (day / (STEM.format("message") + ".gz")).write_bytes(data)
    (day / (STEM.format("orderbook") + ".gz")).write_bytes(gzip.compress(BOOKS))
    return read_lobster_days(day, core="native")


def zip_of_a_day() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(STEM.format("message"), MESSAGES)
        archive.writestr(STEM.format("orderbook"), BOOKS)
    return memory.getvalue()


def seven_zip_of_a_day() -> bytes:
    import py7zr  # of the extra `market-data`

    memory = io.BytesIO()
    with py7zr.SevenZipFile(memory, "w", filters=[{"id": lzma.FILTER_LZMA2, "preset": 1}]) as archive:
        archive.writestr(MESSAGES, STEM.format("message"))
        archive.writestr(BOOKS, STEM.format("orderbook"))
    return memory.getvalue()


def itch_file() -> bytes:
    return b"".join(
        len(message).to_bytes(2, "big") + message
        for message in sample_messages(seed=1, messages=30, stocks=2)
    )


def databento_file() -> bytes:
    import databento_dbn as dbn  # of the extra `market-data`

    metadata = dbn.Metadata(
        "X.Y", 1, dbn.SType.RAW_SYMBOL, dbn.SType.INSTRUMENT_ID, dbn.Schema.MBO, symbols=["Z"]
    )
    rows = (("A", 1, "B", 100, 5), ("M", 1, "B", 99, 6), ("T", 0, "A", 99, 1), ("C", 1, "B", 99, 6))
    records = (
        dbn.MBOMsg(1, 7, at, order, price * 10**9, size, dbn.Action(action), dbn.Side(side), at)
        for at, (action, order, side, price, size) in enumerate(rows, start=1)
    )
    return bytes(metadata.encode()) + b"".join(map(bytes, records))


MARKET_DATA: Final[dict[str, Reader]] = {
    "LOBSTER with participants": Reader(in_file(partial(read_lobster_days, core="native"), "day.zip")),
    "LOBSTER in 7z": Reader(in_file(partial(read_lobster_days, core="native"), "day.7z")),
    "LOBSTER in gzip": Reader(pair_in_gzip),
    "ITCH, a part": Reader(in_file(partial(read_itch50, core="native", selection=PART))),
    "ITCH, trades": Reader(in_file(read_itch50_trades)),
    "levels": Reader(in_file(lambda path: level_commands(read_level_csv(path)))),
    "Databento MBO": Reader(in_file(read_databento, "day.dbn")),
}

MARKET_DATA_SEEDS: Final[dict[str, tuple[Callable[[], bytes], ...]]] = {
    "LOBSTER with participants": (zip_of_a_day,),
    "LOBSTER in 7z": (seven_zip_of_a_day,),
    "LOBSTER in gzip": (lambda: gzip.compress(MESSAGES),),
    "ITCH, a part": (itch_file, lambda: gzip.compress(itch_file())),
    "ITCH, trades": (itch_file,),
    "levels": (lambda: LEVELS, lambda: gzip.compress(LEVELS)),
    "Databento MBO": (databento_file,),
}
