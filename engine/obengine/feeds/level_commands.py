"""Level feeds to commands: each level is one order, whose lots are the size of the level.

=========================== ===========================================================
row                         commands
=========================== ===========================================================
a size where there is none  NEW GTC with an id of its own
another or the same size    MODIFY to the new lots
0 of a level                CANCEL of the order
0 where there is no level   none
the first of a snapshot     CANCEL of every level of the symbol, then as above
=========================== ===========================================================

First, each symbol is set to AUCTION, so that levels which cross rest without matching. Prices are in units of
the feed's decimals; a lot is the greatest size of which all sizes of the symbol are multiples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import COMMAND, MAX_QTY, NO_PRICE, Commands, Op, TradingState
from obengine.feeds.level_csv import LevelFeed

_COMMAND: Final = struct.Struct("<BBBBHHiIQq")
_NEW, _CANCEL, _MODIFY, _STATE = (int(op) for op in (Op.NEW, Op.CANCEL, Op.MODIFY, Op.STATE))
_HEADER_LINES: Final = 1


@dataclass(frozen=True, slots=True)
class LevelCommands:
    """A level feed as commands.

    Attributes:
        feed: the updates.
        commands: keep the books in step with the feed; they start with the state of each symbol.
        row_end: for each row of the feed, the number of commands that end it.
        lot_units: for each symbol, the size of a lot in units of the feed.
    """

    feed: LevelFeed
    commands: Commands
    row_end: NDArray[np.int64]
    lot_units: tuple[int, ...]


def level_commands(feed: LevelFeed) -> LevelCommands:
    """The commands of a feed.

    Raises:
        FeedError: a size has more lots than an order can.
    """
    lot_units = _lots_of(feed)
    compiler = _Compiler(len(feed.symbols))
    fields = ["symbol", "side", "snapshot", "price", "size"]
    row_end = np.empty(feed.updates.size, dtype=np.int64)
    for row, (symbol, side, snapshot, price, size) in enumerate(feed.updates[fields].tolist()):
        compiler.apply(symbol, side, snapshot, price, size // lot_units[symbol])
        row_end[row] = compiler.count
    commands = np.frombuffer(bytes(compiler.commands), dtype=COMMAND)
    return LevelCommands(feed, commands, row_end, lot_units)


def line_of(row: int) -> int:
    """The line of a row in its file."""
    return row + _HEADER_LINES + 1


def _lots_of(feed: LevelFeed) -> tuple[int, ...]:
    found = []
    for symbol in range(len(feed.symbols)):
        rows = np.flatnonzero(feed.updates["symbol"] == symbol)
        sizes = feed.updates["size"][rows]
        lot = int(np.gcd.reduce(sizes)) or 1
        largest = int(np.argmax(sizes))
        if sizes[largest] // lot > MAX_QTY:
            raise FeedError(
                f"a size of {sizes[largest] // lot:,} lots of {feed.size(lot):f}, more than the {MAX_QTY:,}"
                " of an order; obengine.read_level_csv and obengine.LevelBook follow sizes of 64 bits",
                file=feed.name,
                line=line_of(int(rows[largest])),
                column=None,
                value=f"{feed.size(int(sizes[largest])):f}",
            )
        found.append(lot)
    return tuple(found)


class _Compiler:
    """Rows to commands."""

    def __init__(self, symbols: int) -> None:
        self.commands = bytearray()
        self.count = 0
        self._next_id = 1
        self._orders: list[dict[tuple[int, int], int]] = [{} for _ in range(symbols)]
        self._in_snapshot = [0] * symbols
        for symbol in range(symbols):
            self._emit(_STATE, int(TradingState.AUCTION), symbol, 0, 0, NO_PRICE)

    def apply(self, symbol: int, side: int, snapshot: int, price: int, lots: int) -> None:
        """The commands of one row."""
        orders = self._orders[symbol]
        if snapshot and not self._in_snapshot[symbol]:
            for (held_side, _), order_id in orders.items():
                self._emit(_CANCEL, held_side, symbol, 0, order_id, NO_PRICE)
            orders.clear()
        self._in_snapshot[symbol] = snapshot
        if not lots:
            removed = orders.pop((side, price), None)
            if removed is not None:
                self._emit(_CANCEL, side, symbol, 0, removed, NO_PRICE)
            return
        held = orders.get((side, price))
        if held is None:
            orders[side, price] = self._next_id
            self._emit(_NEW, side, symbol, lots, self._next_id, price)
            self._next_id += 1
        else:
            self._emit(_MODIFY, side, symbol, lots, held, price)

    def _emit(self, op: int, side: int, symbol: int, lots: int, order_id: int, price: int) -> None:
        self.commands += _COMMAND.pack(op, side, 0, 0, symbol, 0, lots, 0, order_id, price)
        self.count += 1
