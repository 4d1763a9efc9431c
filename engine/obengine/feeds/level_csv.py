"""Level feeds in CSV, plain or gzip: absolute sizes of prices, without orders.

Two formats, known by their header:

* Tardis, `incremental_book_L2`: `exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount`;
  times in microseconds since the epoch (docs.tardis.dev, downloadable CSV files).
* Binance, historical depth of futures: `symbol,timestamp,first_update_id,last_update_id,side,update_type,
  price,qty,pu`, with `trans_id` after the timestamp in some files; times in milliseconds.

A size replaces the one before; 0 removes the price. Rows of a snapshot replace the whole book. Prices and
sizes are decimal text and are scaled to integers exactly: by the number of decimals that the file uses, or by
what the caller gives; a value that is finer, or does not fit an int64, is refused.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import MAX_SYMBOLS, Side
from obengine.feeds.decimal_csv import MAX_DECIMALS, ScaledColumn, csv_lines
from obengine.feeds.files import DataFile, hash_file, unpack_gzip
from obengine.feeds.level_changes import level_changes
from obengine.feeds.level_frames import Frame, levels_of_changes, symbol_index

LEVEL_UPDATE: Final = np.dtype(
    [
        ("time_ns", "<i8"),
        ("received_ns", "<i8"),
        ("price", "<i8"),
        ("size", "<i8"),
        ("symbol", "<u2"),
        ("side", "u1"),
        ("snapshot", "u1"),
    ]
)
"""Time of the exchange and of the receiver since the epoch, price and new size in units of the decimals,
index of the symbol, `Side`, and whether the row is part of a snapshot."""

LevelUpdates = NDArray[np.void]

MAX_ROWS: Final = 50_000_000

_MAX_INT: Final = 2**63 - 1
_SHOWN: Final = 80
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LevelFeed:
    """The updates of a file.

    Attributes:
        name: base name of the file.
        symbols: the symbol of each index.
        updates: records of `LEVEL_UPDATE`, in the order of the file.
        price_decimals, size_decimals: a price of 1 unit is 10^-price_decimals, and so for sizes.
        source: the file that was read.
    """

    name: str
    symbols: tuple[str, ...]
    updates: LevelUpdates
    price_decimals: int
    size_decimals: int
    source: DataFile

    def price(self, units: int) -> Decimal:
        """A price as a decimal number."""
        return Decimal(units).scaleb(-self.price_decimals)

    def size(self, units: int) -> Decimal:
        """A size as a decimal number."""
        return Decimal(units).scaleb(-self.size_decimals)

    def levels(self, count: int, *, symbol: int | str = 0) -> Frame:
        """The best `count` levels of a symbol, by index or name, after each row of it.

        Columns: `time_ns` (of the exchange, since the epoch) and those of `level_frames.level_names`, in
        units of the decimals; `NO_PRICE` and 0 lots for no level.

        Raises:
            WorkloadError: there is no such symbol, or `count` is out of range.
        """
        own = self.updates["symbol"] == symbol_index(self.symbols, symbol)
        return levels_of_changes(level_changes(self.updates[own]), count)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The places of the fields of a format, and its words."""

    count: int
    symbol: int
    time: int
    received: int
    side: int
    snapshot: int
    price: int
    size: int
    time_unit_ns: int
    sides: Mapping[str, Side]
    snapshots: Mapping[str, int]


_TARDIS: Final = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"
_BINANCE: Final = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu"
_BINANCE_SIDES: Final = {"b": Side.BUY, "a": Side.SELL}
_BINANCE_SNAPSHOTS: Final = {"set": 0, "snap": 1}
_FORMATS: Final = {
    _TARDIS: _Columns(
        8, 1, 2, 3, 5, 4, 6, 7, 1_000, {"bid": Side.BUY, "ask": Side.SELL}, {"false": 0, "true": 1}
    ),
    _BINANCE: _Columns(9, 0, 1, 1, 4, 5, 6, 7, 1_000_000, _BINANCE_SIDES, _BINANCE_SNAPSHOTS),
    _BINANCE.replace("timestamp,", "timestamp,trans_id,"): _Columns(
        10, 0, 1, 1, 5, 6, 7, 8, 1_000_000, _BINANCE_SIDES, _BINANCE_SNAPSHOTS
    ),
}


def is_level_csv(path: Path) -> bool:
    """Whether the first line of a file, plain or gzip, is the header of a level feed."""
    longest = max(map(len, _FORMATS)) + len(b"\r\n")
    try:
        with path.open("rb") as file:
            head = file.readline(longest)
        if head.startswith(_GZIP):
            with gzip.open(path) as packed:
                head = packed.read(longest).partition(b"\n")[0]
    except (OSError, EOFError, zlib.error):
        return False
    return head.rstrip(b"\r\n").decode("ascii", "backslashreplace") in _FORMATS


def read_level_csv(
    path: str | Path, *, price_decimals: int | None = None, size_decimals: int | None = None
) -> LevelFeed:
    """Read a level feed.

    Args:
        path: the file.
        price_decimals, size_decimals: decimals of one unit, 0 to 18; None for the most that the file uses.

    Raises:
        FeedError: unknown header or a malformed row; the error has file, line, column and value.
        ValueError: decimals out of range.
    """
    for decimals in (price_decimals, size_decimals):
        if decimals is not None and not 0 <= decimals <= MAX_DECIMALS:
            raise ValueError(f"decimals are 0 to {MAX_DECIMALS}, not {decimals}")
    path = Path(path)
    name = str(path)
    try:
        with ExitStack() as stack:
            file = stack.enter_context(path.open("rb"))
            source = hash_file(file, path.name)
            packed = file.peek(2).startswith(_GZIP)
            stream: BinaryIO = unpack_gzip(file, source.size, name) if packed else file
            reader = _Reader(name)
            for line in csv_lines(stream, name):
                reader.read(line)
            return reader.finish(source, price_decimals, size_decimals)
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror or error}", name) from error


class _Reader:
    """Rows of a file to columns."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._line = 0
        self._columns: _Columns | None = None
        self._symbols: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._prices = ScaledColumn("price")
        self._sizes = ScaledColumn("size")
        self._last_ns = 0

    def read(self, line: str) -> None:
        """Read the next line."""
        self._line += 1
        columns = self._columns
        if columns is None:
            self._columns = _FORMATS.get(line)
            if self._columns is None:
                self._refuse("unknown header", None, line)
            return
        fields = line.split(",")
        if len(fields) != columns.count:
            self._refuse(f"{len(fields)} fields instead of {columns.count}", None, line)
        symbol = self._symbol(columns, fields)
        time_ns = self._time(fields, columns.time, columns.time_unit_ns)
        received_ns = self._time(fields, columns.received, columns.time_unit_ns)
        if received_ns < self._last_ns:
            self._refuse("time decreases", columns.received, fields[columns.received])
        self._last_ns = received_ns
        side = columns.sides.get(fields[columns.side])
        if side is None:
            self._refuse(f"not a side ({' or '.join(columns.sides)})", columns.side, fields[columns.side])
        snapshot = columns.snapshots.get(fields[columns.snapshot])
        if snapshot is None:
            words = " or ".join(columns.snapshots)
            self._refuse(f"not {words}", columns.snapshot, fields[columns.snapshot])
        numbers = ((columns.price, self._prices, True), (columns.size, self._sizes, False))
        for place, scaled, positive in numbers:
            if not scaled.add(fields[place], positive=positive):
                self._refuse(f"not a {scaled.name}", place, fields[place])
        self._rows.append((time_ns, received_ns, symbol, int(side), snapshot))
        if len(self._rows) > MAX_ROWS:
            self._refuse(f"more than {MAX_ROWS:,} rows", None, line)

    def finish(self, source: DataFile, price_decimals: int | None, size_decimals: int | None) -> LevelFeed:
        """The feed, when all lines were read."""
        if self._columns is None or not self._rows:
            raise _error("the file has no rows" if self._columns else "the file is empty", self._name)
        updates = np.zeros(len(self._rows), dtype=LEVEL_UPDATE)
        for name, values in zip(
            ("time_ns", "received_ns", "symbol", "side", "snapshot"),
            zip(*self._rows, strict=True),
            strict=True,
        ):
            updates[name] = values
        for name, scaled, place, decimals in (
            ("price", self._prices, self._columns.price, price_decimals),
            ("size", self._sizes, self._columns.size, size_decimals),
        ):
            updates[name] = scaled.scale(decimals, self._fault(place))
        return LevelFeed(
            source.name,
            tuple(self._symbols),
            updates,
            self._prices.decimals_of(price_decimals),
            self._sizes.decimals_of(size_decimals),
            source,
        )

    def _fault(self, place: int) -> Callable[[int, str, str], FeedError]:
        def fault(row: int, reason: str, value: str) -> FeedError:
            return FeedError(reason, file=self._name, line=row + 2, column=place + 1, value=value)

        return fault

    def _symbol(self, columns: _Columns, fields: list[str]) -> int:
        symbol = fields[columns.symbol]
        index = self._symbols.get(symbol)
        if index is None:
            if not symbol or not symbol.isascii() or not symbol.isprintable():
                self._refuse("not a symbol", columns.symbol, symbol)
            if len(self._symbols) >= MAX_SYMBOLS:
                self._refuse(f"more than {MAX_SYMBOLS:,} symbols", columns.symbol, symbol)
            index = self._symbols[symbol] = len(self._symbols)
        return index

    def _time(self, fields: list[str], place: int, unit_ns: int) -> int:
        text = fields[place]
        if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DECIMALS:
            self._refuse("not a time", place, text)
        value = int(text) * unit_ns
        if value > _MAX_INT:
            self._refuse("not a time", place, text)
        return value

    def _refuse(self, reason: str, place: int | None, value: str) -> NoReturn:
        raise FeedError(
            reason,
            file=self._name,
            line=self._line,
            column=None if place is None else place + 1,
            value=value[:_SHOWN],
        )


def _error(reason: str, name: str) -> FeedError:
    return FeedError(reason, file=name, line=None, column=None, value=None)
