"""The window of a LOBSTER file, message by message, and the commands that keep a book in step.

LOBSTER files have the best L levels of a book. Orders from before the start of the file have no message,
and neither has a level that enters the window from below. Therefore: the first row is seeded as one
unnamed order per level; a level that is pushed out of the window is cancelled; and a last level that the
file has and the window lacks is adopted from the file as one unnamed order, at most one per side and row.
Messages about unknown orders apply to the unnamed order of their level.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, Commands, Op, Side

NO_ASK: Final = 9_999_999_999
NO_BID: Final = -9_999_999_999
"""The price that LOBSTER writes for an empty level."""

UNNAMED: Final = 2**63
"""Unnamed orders have ids from here on; ids of a file are below."""

_COMMAND: Final = struct.Struct("<BBBBHHiIQq")


class Message(IntEnum):
    """LOBSTER's message types."""

    NEW = 1
    REDUCE = 2
    DELETE = 3
    EXECUTE = 4
    HIDDEN = 5
    CROSS = 6
    HALT = 7


class Cause(IntEnum):
    """Bits for each way in which a row differs from a plain change of a known order.

    The arrival of an unseen order is not in the file: it was before the start, or below the window. An order
    that left the window arrived in it and was pushed out later.
    """

    SEED = 1
    ADOPTED_TAIL_LEVEL = 2
    UNSEEN_ORDER = 4
    LEFT_WINDOW = 8
    OUTSIDE_WINDOW = 16
    HIDDEN_EXECUTION = 32
    CROSS_TRADE = 64
    HALT = 128
    SIZE_DIFFERS = 256
    UNNAMED_SHORT = 512
    CROSSING_ADD = 1024
    DUPLICATE_ID = 2048
    UNEXPLAINED = 4096
    CONTRADICTS_ORDER = 8192
    TIME_ROUNDED = 16384


class WindowBlock(NamedTuple):
    """The results of a block of rows.

    Attributes:
        commands: the commands of the rows.
        row_end: for each row, the number of commands of the day up to its end.
        causes: for each row, `Cause` bits.
    """

    commands: Commands
    row_end: NDArray[np.int64]
    causes: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Queues:
    """How messages fit known orders: deletions of the tracked size, executions at the head of the queue."""

    deletions: int
    exact_deletions: int
    executions: int
    head_executions: int


# Enum members are slow to look up and to pack, so per-message code uses their integer values.
_NEW, _REDUCE, _DELETE, _EXECUTE, _HIDDEN, _, _HALT = (int(kind) for kind in Message)
_OP_NEW, _OP_CANCEL, _OP_EXECUTE = int(Op.NEW), int(Op.CANCEL), int(Op.EXECUTE)
_ADOPTED, _HIDDEN_EXECUTION = int(Cause.ADOPTED_TAIL_LEVEL), int(Cause.HIDDEN_EXECUTION)


@dataclass(slots=True)
class _Level:
    """Open lots of a price: in total, of the unnamed order, and of the named orders in queue order."""

    total: int = 0
    unnamed_id: int = 0
    unnamed: int = 0
    named: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _SideWindow:
    """One side; keys are prices, negated for bids, so that the best key is smallest."""

    side: int
    sign: int
    none: int
    keys: list[int] = field(default_factory=list)
    levels: dict[int, _Level] = field(default_factory=dict)

    def touch(self) -> tuple[int, int]:
        """The best price and its lots, as written by LOBSTER."""
        if not self.keys:
            return self.none, 0
        key = self.keys[0]
        return key * self.sign, self.levels[key].total


class Window:
    """The visible book, and the commands so far (`commands`, packed records).

    Attributes:
        deletions, exact_deletions: deletions of known orders, and those of exactly the tracked size.
        executions, head_executions: executions of known orders, and those at the head of the queue.
    """

    def __init__(self, levels: int) -> None:
        self.commands = bytearray()
        self._seeded = False
        self.deletions = self.exact_deletions = self.executions = self.head_executions = 0
        self._limit = levels
        self._halted = False
        self._next_unnamed = UNNAMED
        self._asks = _SideWindow(int(Side.SELL), 1, NO_ASK)
        self._bids = _SideWindow(int(Side.BUY), -1, NO_BID)
        self._places: dict[int, tuple[_SideWindow, int]] = {}
        self._left: set[int] = set()

    @property
    def queues(self) -> Queues:
        """How messages fit known orders so far."""
        return Queues(self.deletions, self.exact_deletions, self.executions, self.head_executions)

    def follow(self, messages: NDArray[np.int64], books: NDArray[np.int64]) -> WindowBlock:
        """Apply a block of rows; the first row seeds the window.

        A message is time, type, order id, size, price, direction and the number of the participant.
        """
        before, row_end, causes = len(self.commands), list[int](), list[int]()
        for message, book in zip(messages.tolist(), books.tolist(), strict=True):
            cause = self.step(message, book) if self._seeded else self.seed(message, book)
            causes.append(cause)
            row_end.append(self.command_count())
            if self._seeded and cause >= Cause.HALT and self.touch() != tuple(book[:4]):
                self.restart(book)
            self._seeded = True
        return WindowBlock(
            np.frombuffer(bytes(self.commands[before:]), dtype=COMMAND),
            np.array(row_end, dtype=np.int64),
            np.array(causes, dtype=np.uint16),
        )

    def command_count(self) -> int:
        """The number of commands so far."""
        return len(self.commands) // _COMMAND.size

    def touch(self) -> tuple[int, int, int, int]:
        """Ask price and size, bid price and size, like the first four fields of an orderbook row."""
        return *self._asks.touch(), *self._bids.touch()

    def seed(self, message: list[int], row: list[int]) -> int:
        """Start from a row, which is the book after its message."""
        _, kind, order_id, size, price, direction, participant = message
        for book, offset in ((self._asks, 0), (self._bids, 2)):
            own = kind == _NEW and (direction == 1) == (book.side == Side.BUY)
            for at in range(offset, len(row), 4):
                level_price, lots = row[at], row[at + 1]
                if level_price == book.none:
                    break
                named = size if own and price == level_price and size <= lots else 0
                if lots > named:
                    self._add_unnamed(book, level_price * book.sign, lots - named)
                if named:
                    self._add(book, level_price * book.sign, order_id, named, participant)
        return Cause.SEED

    def step(self, message: list[int], row: list[int]) -> int:
        """Apply one message; `row` is the file's book after it. Returns `Cause` bits.

        With `Cause.UNEXPLAINED` or a halt, the touch differs from the row; then call `restart`.
        """
        _, kind, order_id, size, price, direction, participant = message
        book = self._bids if direction == 1 else self._asks
        if kind == _NEW:
            cause: int = self._add_order(book, order_id, size, price, participant)
        elif kind <= _EXECUTE:
            cause = self._reduce(kind, book, order_id, size, price)
        elif kind == _HALT:
            self._halted = price != 1
            cause = Cause.HALT
        else:
            cause = _HIDDEN_EXECUTION if kind == _HIDDEN else Cause.CROSS_TRADE
        limit = self._limit
        if len(self._asks.keys) < limit:
            cause |= self._adopt(self._asks, row, 0)
        if len(self._bids.keys) < limit:
            cause |= self._adopt(self._bids, row, 2)
        if (*self._asks.touch(), *self._bids.touch()) != (row[0], row[1], row[2], row[3]):
            cause |= Cause.HALT if self._halted else Cause.UNEXPLAINED
        return cause

    def restart(self, row: list[int]) -> None:
        """Replace the book by the row, unless the row is crossed."""
        if row[0] <= row[2]:
            return
        for book in (self._asks, self._bids):
            while book.keys:
                self._drop_last(book)
        self.seed([0] * 7, row)

    def _add_order(self, book: _SideWindow, order_id: int, size: int, price: int, participant: int) -> int:
        key = price * book.sign
        other = self._bids if book is self._asks else self._asks
        if order_id in self._places:
            return Cause.DUPLICATE_ID
        if other.keys and key <= -other.keys[0]:
            return Cause.CROSSING_ADD
        full = len(book.keys) >= self._limit
        if full and key > book.keys[-1]:
            return Cause.OUTSIDE_WINDOW
        self._add(book, key, order_id, size, participant)
        if len(book.keys) > self._limit:
            self._drop_last(book)
        return 0

    def _reduce(self, kind: int, book: _SideWindow, order_id: int, size: int, price: int) -> int:
        place = self._places.get(order_id)
        if place is None:
            return self._reduce_unnamed(kind, book, order_id, size, price * book.sign)
        book, key = place
        level = book.levels[key]
        lots = level.named[order_id]
        removed = lots if kind == _DELETE or size > lots else size
        exact = _size_fits(kind, size, lots) and price * book.sign == key
        if kind == _DELETE:
            self.deletions += 1
            self.exact_deletions += exact
        elif kind == _EXECUTE:
            self.executions += 1
            self.head_executions += next(iter(level.named)) == order_id
        self._emit_reduction(kind, book, order_id, removed, lots)
        if removed == lots:
            del level.named[order_id], self._places[order_id]
        else:
            level.named[order_id] = lots - removed
        self._shrink(book, key, level, removed)
        return 0 if exact else Cause.SIZE_DIFFERS

    def _reduce_unnamed(self, kind: int, book: _SideWindow, order_id: int, size: int, key: int) -> int:
        level = book.levels.get(key)
        if level is None:
            return Cause.OUTSIDE_WINDOW
        cause: int = Cause.LEFT_WINDOW if order_id in self._left else Cause.UNSEEN_ORDER
        removed = min(size, level.unnamed)
        if removed < size:
            cause |= Cause.UNNAMED_SHORT
        if removed:
            self._emit_reduction(kind, book, level.unnamed_id, removed, level.unnamed)
            level.unnamed -= removed
            self._shrink(book, key, level, removed)
        return cause

    def _shrink(self, book: _SideWindow, key: int, level: _Level, removed: int) -> None:
        level.total -= removed
        if not level.total:
            del book.levels[key]
            del book.keys[bisect_left(book.keys, key)]

    def _adopt(self, book: _SideWindow, row: list[int], offset: int) -> int:
        """Adopt the row's last level of a side if it is the only one that the window lacks."""
        have = len(book.keys)
        at = offset + 4 * have
        price = row[at]
        if price == book.none or (have + 1 < self._limit and row[at + 4] != book.none):
            return 0
        key = price * book.sign
        other = self._bids if book is self._asks else self._asks
        if (have and key <= book.keys[-1]) or (other.keys and key <= -other.keys[0]):
            return 0
        self._add_unnamed(book, key, row[at + 1])
        return _ADOPTED

    def _add(self, book: _SideWindow, key: int, order_id: int, lots: int, participant: int) -> None:
        level = self._level(book, key)
        level.total += lots
        level.named[order_id] = lots
        self._places[order_id] = (book, key)
        self._emit(_OP_NEW, book.side, lots, order_id, key * book.sign, participant)

    def _add_unnamed(self, book: _SideWindow, key: int, lots: int) -> None:
        level = self._level(book, key)
        level.total += lots
        level.unnamed, level.unnamed_id = lots, self._next_unnamed
        self._next_unnamed += 1
        self._emit(_OP_NEW, book.side, lots, level.unnamed_id, key * book.sign)

    def _level(self, book: _SideWindow, key: int) -> _Level:
        level = book.levels.get(key)
        if level is None:
            level = book.levels[key] = _Level()
            insort(book.keys, key)
        return level

    def _drop_last(self, book: _SideWindow) -> None:
        level = book.levels.pop(book.keys.pop())
        if level.unnamed:
            self._emit(_OP_CANCEL, book.side, 0, level.unnamed_id, 0)
        for order_id in level.named:
            self._emit(_OP_CANCEL, book.side, 0, order_id, 0)
            del self._places[order_id]
            self._left.add(order_id)

    def _emit_reduction(self, kind: int, book: _SideWindow, order_id: int, removed: int, lots: int) -> None:
        if kind == _EXECUTE:
            self._emit(_OP_EXECUTE, book.side, removed, order_id, 0)
        else:
            self._emit(_OP_CANCEL, book.side, removed if removed < lots else 0, order_id, 0)

    def _emit(self, op: int, side: int, lots: int, order_id: int, price: int, participant: int = 0) -> None:
        self.commands += _COMMAND.pack(op, side, 0, 0, 0, 0, lots, participant, order_id, price)


def _size_fits(kind: int, size: int, lots: int) -> bool:
    """Whether a message's size fits an order of `lots` open lots."""
    if kind == _DELETE:
        return size == lots
    return size <= lots if kind == _EXECUTE else size < lots
