"""Compares the readers of market data with independent ones, file by file.

* ITCH 5.0 (`--itch`): the messages as `itchfeed` reads them, applied to plain dictionaries. Compared: the number
  of messages of each type, every trade, and every order that is left open, with symbol, side, shares and price.
* Databento MBO (`--dbn`): the record objects of `databento-dbn`, applied to plain dictionaries by the rules of
  the schema's documentation. Compared: the best price and its lots of each side after the last record of each
  time of receipt, and every order that is left open.
* Level feeds in CSV (`--levels`): rows by the `csv` module, applied to dictionaries of decimals. Compared: the
  best ten levels of each side after the last row of each time of receipt.

A difference makes the exit code 1. Files of other people are read, never copied.

Usage (in an environment with itchfeed, databento-dbn and NumPy; this project on PYTHONPATH)::

    python scripts/differential_feed_readers.py [--itch FILE ...] [--dbn FILE ...] [--levels FILE ...]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from obengine import NO_PRICE, Side, read_databento, read_itch50, read_level_csv
from obengine.cores import core_names, make_book
from obengine.feeds.itch50_layout import NAMES
from obengine.feeds.level_book import LevelBook

Orders = dict[tuple[str, int], tuple[str, int, int]]
"""By symbol and id: side, lots and price."""


class Tally:
    """Values that were compared, and those that differed."""

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.different: Counter[str] = Counter()

    def compare(self, what: str, ours: object, theirs: object) -> None:
        """Compare two values; print the first that differ."""
        self.compared[what] += 1
        if ours != theirs:
            self.different[what] += 1
            if self.different[what] <= 3:
                print(f"    {what}: {ours} here, {theirs} there")

    def compare_items(self, what: str, ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
        """Compare two dictionaries key by key."""
        for key in ours.keys() | theirs.keys():
            self.compare(what, (key, ours.get(key)), (key, theirs.get(key)))


def resting(commands: np.ndarray, symbols: tuple[str, ...]) -> Orders:
    """The orders that the commands leave in a book."""
    book = make_book(core_names()[0], max(len(symbols), 1))
    book.apply(commands)
    fields = ["symbol", "order_id", "side", "open_lots", "price_ticks"]
    return {
        (symbols[symbol], order): ("BS"[side], lots, price)
        for symbol, order, side, lots, price in book.snapshot().orders[fields].tolist()
    }


def itch_messages(path: Path) -> Iterator[Any]:
    """The messages as itchfeed reads them; it refuses frames without a length, so the frames are cut here."""
    from itch.messages import messages

    stored = path.read_bytes()
    data = gzip.decompress(stored) if stored.startswith(b"\x1f\x8b") else stored
    at = 0
    while at < len(data):
        kind = messages[data[at + 2 : at + 3]]
        yield kind(data[at + 2 : at + 2 + kind.message_size])
        at += 2 + kind.message_size


class ItchOrders:
    """Open orders and trades by the messages of itchfeed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.names: dict[int, str] = {}
        self.open: dict[int, tuple[int, str, int, int]] = {}
        self.trades: list[tuple[int, str, int, int, int, int]] = []

    def apply(self, message: Any) -> None:
        """Apply a message."""
        code = message.message_type.decode()
        self.counts[NAMES[code]] += 1
        if hasattr(message, "stock"):
            self.names.setdefault(message.stock_locate, message.stock.decode().strip())
        if code in "AF":
            side = message.buy_sell_indicator.decode()
            self.open.setdefault(
                message.order_reference_number, (message.stock_locate, side, message.shares, message.price)
            )
        elif code in "ECPQ":
            self._trade(code, message)
        elif code in "XDU":
            self._change(code, message)

    def _trade(self, code: str, message: Any) -> None:
        ref = message.order_reference_number if code in "EC" else 0
        lots = message.executed_shares if code in "EC" else message.shares
        price = message.price if code == "P" else message.cross_price if code == "Q" else 0
        if code == "C":
            price = message.execution_price
        elif code == "E" and ref in self.open:
            price = self.open[ref][3]
        name = self.names[message.stock_locate]
        self.trades.append((message.timestamp, name, ref, lots, price, message.match_number))
        if code in "EC":
            self._reduce(ref, lots)

    def _change(self, code: str, message: Any) -> None:
        ref = message.order_reference_number
        if code == "X":
            self._reduce(ref, message.cancelled_shares)
        elif (old := self.open.pop(ref, None)) is not None and code == "U":
            self.open[message.new_order_reference_number] = (*old[:2], message.shares, message.price)

    def _reduce(self, ref: int, shares: int) -> None:
        if ref in self.open:
            locate, side, lots, price = self.open.pop(ref)
            if lots > shares:
                self.open[ref] = (locate, side, lots - shares, price)


def compare_itch(path: Path, tally: Tally) -> None:
    """Compare an ITCH file."""
    there = ItchOrders()
    for message in itch_messages(path):
        there.apply(message)
    left: Orders = {
        (there.names[at], ref): (side, lots, price) for ref, (at, side, lots, price) in there.open.items()
    }
    for core in core_names():
        day = read_itch50(path, core=core)
        tally.compare_items("message types", dict(day.counts), dict(there.counts))
        fields = ["time_ns", "symbol", "order_id", "qty_lots", "price_ticks", "match"]
        ours = [(row[0], day.symbols[row[1]], *row[2:]) for row in day.trades[fields].tolist()]
        tally.compare("number of trades", len(ours), len(there.trades))
        for one, other in zip(ours, there.trades, strict=False):
            tally.compare("trades", one, other)
        tally.compare_items("open orders", resting(day.commands, day.symbols), left)
    tally.compared["messages"] += there.counts.total()


class MboOrders:
    """The open orders of an instrument, and the lots of its prices, by record objects."""

    def __init__(self) -> None:
        self.open: dict[int, tuple[str, int, int]] = {}
        self._levels: dict[str, Counter[int]] = {"B": Counter(), "A": Counter()}

    def apply(self, record: Any) -> None:
        """Apply a record by the rules of the schema's documentation."""
        action, order = str(record.action), record.order_id
        if action == "R":
            self.open.clear()
            self._levels = {"B": Counter(), "A": Counter()}
        elif action in {"A", "M"}:
            self._remove(order)
            self._add(order, (str(record.side), record.size, record.price))
        elif action == "C" and order in self.open:
            side, lots, price = self._remove(order)
            if lots > record.size:
                self._add(order, (side, lots - record.size, price))

    def touch(self) -> tuple[Any, ...]:
        """Best price and its lots on both sides."""
        bids, asks = self._levels["B"], self._levels["A"]
        best = (max(bids, default=None), min(asks, default=None))
        return tuple(
            None if price is None else (price, levels[price])
            for price, levels in zip(best, (bids, asks), strict=True)
        )

    def _add(self, order: int, found: tuple[str, int, int]) -> None:
        self.open[order] = found
        self._levels[found[0]][found[2]] += found[1]

    def _remove(self, order: int) -> tuple[str, int, int]:
        side, lots, price = self.open.pop(order, ("B", 0, 0))
        levels = self._levels[side]
        levels[price] -= lots
        if not levels[price]:
            del levels[price]
        return side, lots, price


def compare_databento(path: Path, tally: Tally) -> None:
    """Compare an MBO file."""
    import databento_dbn as dbn

    packed = path.read_bytes()
    compression = dbn.Compression.ZSTD if packed.startswith(b"\x28\xb5\x2f\xfd") else dbn.Compression.NONE
    decoder = dbn.DBNDecoder(compression=compression)
    decoder.write(packed)
    books: dict[int, MboOrders] = {}
    best: dict[tuple[int, int], tuple[Any, ...]] = {}
    records = 0
    for record in decoder.decode():
        if not isinstance(record, dbn.MBOMsg):
            continue
        records += 1
        book = books.setdefault(record.instrument_id, MboOrders())
        book.apply(record)
        best[record.instrument_id, record.ts_recv] = book.touch()
    tally.compared["records"] += records
    day = read_databento(path)
    ids = {symbol: int(symbol.partition("-")[2]) for symbol in day.symbols if "instrument-" in symbol}
    if len(day.symbols) == 1 and not ids:
        ids = {day.symbols[0]: next(iter(books))}
    theirs = {
        (symbol, order): found
        for symbol, instrument in ids.items()
        for order, found in books[instrument].open.items()
    }
    units = dict(zip(day.symbols, day.tick_units, strict=True))
    ours = {
        key: (side.replace("S", "A"), lots, price * units[key[0]])
        for key, (side, lots, price) in resting(day.commands, day.symbols).items()
        if key[0] in ids
    }
    tally.compare_items("open orders", ours, theirs)
    for index, symbol in enumerate(day.symbols):
        if symbol in ids:
            own = {time_ns: touch for (at, time_ns), touch in best.items() if at == ids[symbol]}
            compare_touches(day, index, units[symbol], own, tally)


def compare_touches(day: Any, symbol: int, unit: int, best: dict[int, tuple[Any, ...]], tally: Tally) -> None:
    """Compare the touch after the last record of each time of receipt."""
    frame = day.levels(1, symbol=symbol)
    if not frame["time_ns"].size:
        return
    names = [f"{side}_{what}_1" for side in ("bid", "ask") for what in ("ticks", "lots")]
    rows = np.searchsorted(frame["time_ns"], np.array(list(best)), side="right") - 1
    held = np.stack([frame[name][rows] for name in names], axis=1)
    for row, (bid, bid_lots, ask, ask_lots), touch in zip(rows, held.tolist(), best.values(), strict=True):
        if row >= 0:
            ours = tuple(
                None if ticks == NO_PRICE else (ticks * unit, lots)
                for ticks, lots in ((bid, bid_lots), (ask, ask_lots))
            )
            tally.compare("touches", ours, touch)


def compare_levels(path: Path, tally: Tally) -> None:
    """Compare a level feed."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    feed = read_level_csv(path)
    tally.compare("rows", feed.updates.size, len(rows))
    received = "local_timestamp" if "local_timestamp" in rows[0] else "timestamp"
    theirs: dict[str, dict[str, dict[Decimal, Decimal]]] = {}
    in_snapshot: dict[str, bool] = {}
    books = [LevelBook() for _ in feed.symbols]
    done = 0
    for _, group in groupby(rows, key=lambda row: row[received]):
        together = list(group)
        for row in together:
            apply_row(theirs.setdefault(row["symbol"], {"b": {}, "a": {}}), row, in_snapshot)
        part = feed.updates[done : done + len(together)]
        done += len(together)
        for index in np.unique(part["symbol"]).tolist():
            books[index].apply(part[part["symbol"] == index])
            compare_books(feed, books[index], theirs[feed.symbols[index]], tally)


def apply_row(
    sides: dict[str, dict[Decimal, Decimal]], row: dict[str, str], in_snapshot: dict[str, bool]
) -> None:
    """Apply a row; a snapshot replaces all levels."""
    snapshot = row.get("is_snapshot") == "true" or row.get("update_type") == "snap"
    if snapshot and not in_snapshot.get(row["symbol"], False):
        for side in sides.values():
            side.clear()
    in_snapshot[row["symbol"]] = snapshot
    price, size = Decimal(row["price"]), Decimal(row.get("amount") or row["qty"])
    side = sides[row["side"][0]]
    if size:
        side[price] = size
    else:
        side.pop(price, None)


def compare_books(feed: Any, book: LevelBook, sides: dict[str, dict[Decimal, Decimal]], tally: Tally) -> None:
    """Compare the best ten levels of both sides."""
    for side, name in ((Side.BUY, "b"), (Side.SELL, "a")):
        ours = [(feed.price(level.price), feed.size(level.size)) for level in book.levels(side, 10)]
        theirs = sorted(sides[name].items(), reverse=side == Side.BUY)[:10]
        tally.compare("level lists", ours, theirs)


def main() -> int:
    """Compare all files; 1 if anything differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = {"itch": compare_itch, "dbn": compare_databento, "levels": compare_levels}
    for kind in kinds:
        parser.add_argument(f"--{kind}", type=Path, nargs="+", default=[], metavar="FILE")
    given = vars(parser.parse_args())
    differing = 0
    for kind, compare in kinds.items():
        for path in given[kind]:
            tally = Tally()
            compare(path, tally)
            for what, count in tally.compared.items():
                print(f"{path.name}: {what}: {count:,} compared, {tally.different[what]:,} different")
            differing += tally.different.total()
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
