"""Trades beside a level feed, in CSV of Tardis (`trades`), plain or gzip.

The header is `exchange,symbol,timestamp,local_timestamp,id,side,price,amount`: times in microseconds since
the epoch, the side of the order that took (`buy`, `sell` or `unknown`), and price and amount as decimal text.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

import numpy as np

from obengine.api.errors import FeedError
from obengine.api.messages import Side
from obengine.feeds.decimal_csv import MAX_DECIMALS, ScaledColumn, csv_lines
from obengine.feeds.files import hash_file, unpack_gzip
from obengine.feeds.level_csv import LevelFeed
from obengine.feeds.trades import NO_SIDE, TRADE, TradeKind, Trades

HEADER: Final = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"

_SYMBOL, _TIME, _SIDE, _PRICE, _AMOUNT = 1, 2, 5, 6, 7
_RESTING: Final = {"buy": int(Side.SELL), "sell": int(Side.BUY), "unknown": NO_SIDE}
_GZIP: Final = b"\x1f\x8b"
_MICRO_NS: Final = 1_000
_MAX_TIME: Final = (2**63 - 1) // _MICRO_NS
_SHOWN: Final = 80


def read_trades_csv(path: str | Path, feed: LevelFeed) -> Trades:
    """Read the trades of the symbols of a level feed, in its units and with its symbol indices.

    Args:
        path: the file; it may have other symbols, which are left out.
        feed: the level feed that the trades belong to.

    Returns:
        Records of `TRADE`, in order of time since the epoch; `side` is that of the resting order.

    Raises:
        FeedError: unknown header, a malformed row, a price or amount that is finer than those of the feed, or
            no trade of its symbols; the error has file, line, column and value.
    """
    path = Path(path)
    name = str(path)
    try:
        with ExitStack() as stack:
            file = stack.enter_context(path.open("rb"))
            size = hash_file(file, path.name).size
            packed = file.peek(2).startswith(_GZIP)
            stream: BinaryIO = unpack_gzip(file, size, name) if packed else file
            reader = _Reader(name, feed)
            for line in csv_lines(stream, name):
                reader.read(line)
            return reader.finish()
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise FeedError(reason, file=name, line=None, column=None, value=None) from error


class _Reader:
    """Rows of a file to trades."""

    def __init__(self, name: str, feed: LevelFeed) -> None:
        self._name, self._feed = name, feed
        self._index = {symbol: number for number, symbol in enumerate(feed.symbols)}
        self._line = 0
        self._lines: list[int] = []
        self._rows: list[tuple[int, int, int]] = []
        self._prices, self._amounts = ScaledColumn("price"), ScaledColumn("size")

    def read(self, line: str) -> None:
        """Read the next line."""
        self._line += 1
        if self._line == 1:
            if line != HEADER:
                self._refuse("unknown header", None, line)
            return
        fields = line.split(",")
        if len(fields) != HEADER.count(",") + 1:
            self._refuse(f"{len(fields)} fields instead of {HEADER.count(',') + 1}", None, line)
        moment, side = fields[_TIME], _RESTING.get(fields[_SIDE])
        if (
            not (moment.isascii() and moment.isdecimal())
            or len(moment) > MAX_DECIMALS
            or int(moment) > _MAX_TIME
        ):
            self._refuse("not a time", _TIME, moment)
        if side is None:
            self._refuse(f"not a side ({', '.join(_RESTING)})", _SIDE, fields[_SIDE])
        symbol = self._index.get(fields[_SYMBOL])
        if symbol is None:
            return
        for place, column in ((_PRICE, self._prices), (_AMOUNT, self._amounts)):
            if not column.add(fields[place], positive=True):
                self._refuse(f"not a {column.name}", place, fields[place])
        self._rows.append((int(moment) * _MICRO_NS, symbol, side))
        self._lines.append(self._line)

    def finish(self) -> Trades:
        """The trades, when all lines were read."""
        if not self._rows:
            known = ", ".join(self._feed.symbols)
            reason = f"no trade of {known:.{_SHOWN}}"
            raise FeedError(reason, file=self._name, line=None, column=None, value=None)
        made = np.zeros(len(self._rows), dtype=TRADE)
        for field, values in zip(("time_ns", "symbol", "side"), zip(*self._rows, strict=True), strict=True):
            made[field] = values
        made["price_ticks"] = self._prices.scale(self._feed.price_decimals, self._fault(_PRICE))
        made["qty_lots"] = self._amounts.scale(self._feed.size_decimals, self._fault(_AMOUNT))
        made["kind"], made["printable"] = TradeKind.VISIBLE, 1
        ordered: Trades = made[np.argsort(made["time_ns"], kind="stable")]
        return ordered

    def _fault(self, place: int) -> Callable[[int, str, str], FeedError]:
        def fault(row: int, reason: str, value: str) -> FeedError:
            return FeedError(reason, file=self._name, line=self._lines[row], column=place + 1, value=value)

        return fault

    def _refuse(self, reason: str, place: int | None, value: str) -> NoReturn:
        raise FeedError(
            reason,
            file=self._name,
            line=self._line,
            column=None if place is None else place + 1,
            value=value[:_SHOWN],
        )
