"""Databento MBO files (DBN 1 to 3, plain or zstd) to commands: many instruments, one book each.

Source: the documentation of the MBO schema (databento.com/docs). The library `databento-dbn` decodes files.

====== ============== ======================================================================
action meaning        commands
====== ============== ======================================================================
A      add            NEW GTC; if the id is open, first CANCEL of the old order
C      cancel         CANCEL of the lots
M      modify         fewer lots at the same price: CANCEL of the difference; else CANCEL and NEW,
                      because the order loses its priority; of an unknown order, NEW
R      clear          CANCEL of every order of the instrument
T      trade          none: part of the trades
F N    fill, none     none: a cancel or modify with the same result follows
====== ============== ======================================================================

First, each symbol is set to AUCTION, so that orders rest without matching. Prices are scaled from 10^-9 to
ticks of one size an instrument: the greatest step of which all its prices are multiples.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, MAX_SYMBOLS, NO_PRICE, Commands, Op, TradingState
from obengine.feeds.databento_records import (
    DBN_MARK,
    NO_DBN_PRICE,
    SIDES,
    ZSTD_MARK,
    check_records,
    decode_mbo,
    file_error,
    of_symbols,
)
from obengine.feeds.files import DataFile, hash_file
from obengine.feeds.level_frames import Frame, levels_of_commands
from obengine.feeds.trades import NO_SIDE, TRADE, TradeKind, Trades

PRICE_UNITS: Final = 10**9
"""A price of DBN is in units of 10^-9 of the currency."""

_COMMAND: Final = struct.Struct("<BBBBHHiIQq")
_OP_NEW, _OP_CANCEL, _OP_STATE = int(Op.NEW), int(Op.CANCEL), int(Op.STATE)


@dataclass(frozen=True, slots=True)
class DatabentoDay:
    """An MBO file as commands.

    Attributes:
        name: base name of the file.
        dataset: the dataset, such as `GLBX.MDP3`.
        symbols: the name of each symbol index, or `instrument-NUMBER` if the file has none.
        tick_units: for each symbol, the size of a tick in units of 10^-9 of the currency.
        commands: keep the books in step with the file; they start with the state of each symbol.
        times_ns: for each command, the time of receipt since the epoch; states have that of the first record.
        trades: the trades of the file; `side` is that of the resting order.
        counts: number of records by name, and of what was unusual.
        unknown_orders: number of records about orders that the file never introduced.
        source: the file that was read.
    """

    name: str
    dataset: str
    symbols: tuple[str, ...]
    tick_units: tuple[int, ...]
    commands: Commands
    times_ns: NDArray[np.int64]
    trades: Trades
    counts: Mapping[str, int]
    unknown_orders: int
    source: DataFile

    def levels(self, count: int, *, symbol: int | str = 0) -> Frame:
        """The best `count` levels of a symbol after each change; columns and errors as `ItchDay.levels`."""
        return levels_of_commands(self.commands, self.times_ns, self.symbols, symbol, count)

    def price(self, symbol: int, ticks: int) -> float:
        """A price in the currency."""
        return ticks * self.tick_units[symbol] / PRICE_UNITS


def is_databento(path: Path) -> bool:
    """Whether a file may be a DBN file: by its first bytes, or by its name if it is packed."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        return False
    return head.startswith(DBN_MARK) or (head == ZSTD_MARK and ".dbn" in path.name)


def read_databento(path: str | Path, symbols: Sequence[str] = ()) -> DatabentoDay:
    """Read an MBO file.

    Args:
        path: the file.
        symbols: the raw symbols, or `instrument-NUMBER`, whose records are taken; empty for all.

    Raises:
        FeedError: the library is not installed, the file is damaged or of another schema, a record is
            invalid (the line is its number), or the file has no record of a symbol.
    """
    path = Path(path)
    name = str(path)
    try:
        with path.open("rb") as file:
            source = hash_file(file, path.name)
            recorded = decode_mbo(file, source.size, name)
    except OSError as error:
        raise file_error(f"cannot be read: {error.strerror or error}", name) from error
    check_records(recorded.records, name)
    records = of_symbols(recorded, symbols, name) if symbols else recorded.records
    return _Compiler(name, records, recorded.names).day(recorded.dataset, source)


@dataclass(slots=True)
class _Order:
    side: int
    lots: int
    price: int


@dataclass(slots=True)
class _Instrument:
    """An instrument: its symbol index, the common step of its prices, and its open orders."""

    symbol: int
    step: int
    orders: dict[int, _Order] = field(default_factory=dict)


class _Compiler:
    """Records to commands."""

    def __init__(self, name: str, records: NDArray[Any], names: Mapping[int, str]) -> None:
        self._name = name
        self._records = records
        self._names = names
        self._commands = bytearray()
        self._times: list[int] = []
        self._trades: list[tuple[int, ...]] = []
        self._counts: Counter[str] = Counter()
        self._unknown = 0
        self._time_ns = 0
        self._instruments = self._find_instruments()

    def day(self, dataset: str, source: DataFile) -> DatabentoDay:
        """The day of all records."""
        start_ns = int(self._records["time_ns"][0])
        for instrument in self._instruments.values():
            self._emit(_OP_STATE, instrument.symbol, int(TradingState.AUCTION), 0, 0, NO_PRICE, start_ns)
        fields = ("instrument", "time_ns", "order_id", "price", "size", "action", "side")
        columns = [self._records[name].tolist() for name in fields]
        for instrument, time_ns, order_id, price, size, action, side in zip(*columns, strict=True):
            self._time_ns = time_ns
            self._apply(self._instruments[instrument], action, order_id, price, size, SIDES.get(side))
        return DatabentoDay(
            source.name,
            dataset,
            tuple(self._names.get(number, f"instrument-{number}") for number in self._instruments),
            tuple(instrument.step for instrument in self._instruments.values()),
            np.frombuffer(bytes(self._commands), dtype=COMMAND),
            np.array(self._times, dtype=np.int64),
            np.array(self._trades, dtype=TRADE) if self._trades else np.zeros(0, dtype=TRADE),
            dict(self._counts),
            self._unknown,
            source,
        )

    def _find_instruments(self) -> dict[int, _Instrument]:
        """The instruments by number, in order of first appearance, with the common step of their prices."""
        numbers, first = np.unique(self._records["instrument"], return_index=True)
        if numbers.size > MAX_SYMBOLS:
            raise file_error(f"more than {MAX_SYMBOLS:,} instruments", self._name, str(numbers.size))
        found: dict[int, _Instrument] = {}
        for number in numbers[np.argsort(first, kind="stable")].tolist():
            own = self._records["instrument"] == number
            prices = np.unique(self._records["price"][own])
            step = math.gcd(*(price for price in prices.tolist() if price != NO_DBN_PRICE)) or 1
            found[number] = _Instrument(len(found), step)
        return found

    def _apply(
        self, instrument: _Instrument, action: bytes, order_id: int, price: int, size: int, side: int | None
    ) -> None:
        self._counts[_NAMES[action]] += 1
        if action in {b"A", b"M"}:
            order = instrument.orders.get(order_id)
            if action == b"M" and order is None:
                self._unknown += 1
            self._add_or_modify(instrument, order, action, order_id, price, size, side or 0)
        elif action == b"C":
            order = instrument.orders.get(order_id)
            if order is None:
                self._unknown += 1
            elif size:
                self._reduce(instrument, order_id, order, size)
        elif action == b"R":
            for open_id in list(instrument.orders):
                self._remove(instrument, open_id)
        elif action == b"T":
            resting = NO_SIDE if side is None else 1 - side
            ticks = price // instrument.step
            kind = int(TradeKind.VISIBLE)
            self._trades.append(
                (self._time_ns, 0, order_id, ticks, size, instrument.symbol, kind, resting, 1, 0)
            )

    def _add_or_modify(
        self,
        instrument: _Instrument,
        order: _Order | None,
        action: bytes,
        order_id: int,
        price: int,
        size: int,
        side: int,
    ) -> None:
        if order is not None:
            same = action == b"M" and order.price == price and order.side == side
            if same and size == order.lots:
                return
            if same and size < order.lots:
                self._reduce(instrument, order_id, order, order.lots - size)
                return
            self._counts["added-again"] += action == b"A"
            self._remove(instrument, order_id)
        instrument.orders[order_id] = _Order(side, size, price)
        self._emit(_OP_NEW, instrument.symbol, side, size, order_id, price // instrument.step)

    def _reduce(self, instrument: _Instrument, order_id: int, order: _Order, size: int) -> None:
        if size >= order.lots:
            self._counts["cancelled-beyond-open"] += size > order.lots
            self._remove(instrument, order_id)
            return
        order.lots -= size
        self._emit(_OP_CANCEL, instrument.symbol, 0, size, order_id, NO_PRICE)

    def _remove(self, instrument: _Instrument, order_id: int) -> None:
        del instrument.orders[order_id]
        self._emit(_OP_CANCEL, instrument.symbol, 0, 0, order_id, NO_PRICE)

    def _emit(
        self,
        op: int,
        symbol: int,
        side: int,
        lots: int,
        order_id: int,
        price: int,
        time_ns: int | None = None,
    ) -> None:
        self._commands += _COMMAND.pack(op, side, 0, 0, symbol, 0, lots, 0, order_id, price)
        self._times.append(self._time_ns if time_ns is None else time_ns)


_NAMES: Final = {
    b"A": "add", b"C": "cancel", b"M": "modify", b"R": "clear", b"T": "trade", b"F": "fill", b"N": "none"
}  # fmt: skip
