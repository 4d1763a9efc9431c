"""The pure-Python book: plain, and the specification of what every core must do.

`obengine.messages` says the same in words; where the two differ, one of them is wrong.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np

from obengine.book import RESTING, Level, Snapshot
from obengine.errors import SymbolError
from obengine.ladder import NO_LIMIT, Ladder, Order
from obengine.messages import (
    COMMAND_RECORD,
    EVENT,
    EVENT_RECORD,
    MAX_SYMBOLS,
    NO_PRICE,
    CancelReason,
    Commands,
    EventKind,
    Events,
    Op,
    Priority,
    RejectCode,
    Side,
    check_commands,
)

# Enum members are slow to compare and to pack: the hot loop uses their plain numbers.
_NEW, _CANCEL, _MODIFY, _EXECUTE = (int(op) for op in Op)
_ACCEPTED, _TRADED, _CANCELLED, _MODIFIED, _REJECTED = (int(kind) for kind in EventKind)
_REQUESTED, _IMMEDIATE = (int(reason) for reason in CancelReason)
_LOST, _KEPT = (int(priority) for priority in Priority)
(
    _UNKNOWN_OP,
    _UNKNOWN_SIDE,
    _UNKNOWN_KIND,
    _UNKNOWN_TIF,
    _BAD_FLAGS,
    _UNKNOWN_SYMBOL,
    _BAD_QUANTITY,
    _BAD_PRICE,
    _DUPLICATE_ID,
    _UNKNOWN_ORDER,
) = (int(code) for code in RejectCode)
_EVENT_BYTES: Final = EVENT.itemsize
_pack = EVENT_RECORD.pack


class _SymbolBook:
    """The resting orders of one symbol."""

    __slots__ = ("asks", "bids", "orders")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)

    def execute(self, out: bytearray, symbol: int, qty: int, order_id: int) -> None:
        """A recorded execution of a resting order, wherever it stands."""
        queue, price, side, _ = self.orders[order_id]
        traded = min(qty, queue[order_id])
        self.reduce(order_id, traded)
        out += _pack(_TRADED, 1 - side, symbol, traded, 0, order_id, price)

    def modify(self, out: bytearray, symbol: int, qty: int, order_id: int, price: int) -> None:
        """Less at the same price in place; anything else leaves the queue and arrives anew."""
        queue, old_price, side, owner = self.orders[order_id]
        if price == old_price and qty <= queue[order_id]:
            queue[order_id] = qty
            out += _pack(_MODIFIED, _KEPT, symbol, qty, order_id, 0, price)
            return
        del queue[order_id], self.orders[order_id]
        out += _pack(_MODIFIED, _LOST, symbol, qty, order_id, 0, price)
        own, opposite = (self.asks, self.bids) if side else (self.bids, self.asks)
        left = opposite.match(self.orders, out, side, symbol, order_id, qty, price * opposite.sign)
        if left:
            queue = own.queue_at(price)
            queue[order_id] = left
            self.orders[order_id] = (queue, price, side, owner)

    def reduce(self, order_id: int, qty: int) -> None:
        """Take lots, at most the open quantity, from an order; it goes when nothing is left."""
        queue = self.orders[order_id][0]
        if qty < queue[order_id]:
            queue[order_id] -= qty
        else:
            del queue[order_id], self.orders[order_id]


class ReferenceBook:
    """An order book of one or many symbols, with price-time priority; keeps the `Book` protocol.

    Args:
        symbols: number of symbols, 1 to 65,536; commands for others are refused.

    Raises:
        SymbolError: the number of symbols is out of range.
    """

    def __init__(self, symbols: int = 1) -> None:
        if not 1 <= symbols <= MAX_SYMBOLS:
            raise SymbolError(f"a book has 1 to {MAX_SYMBOLS} symbols, not {symbols}")
        self._books = [_SymbolBook() for _ in range(symbols)]
        self._next_sequence = 0

    @property
    def next_sequence(self) -> int:
        """The sequence number that the next event will have."""
        return self._next_sequence

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; nothing was applied.
        """
        check_commands(commands)
        out = self._run(commands.tobytes())
        self._next_sequence += len(out) // _EVENT_BYTES
        return np.frombuffer(out, EVENT)

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """The best `levels` levels of a side, best first; fewer where there are fewer.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < len(self._books):
            raise SymbolError(f"symbol {symbol} is not one of the book's {len(self._books)}")
        book = self._books[symbol]
        ladder = book.asks if side == Side.SELL else book.bids
        return tuple(
            Level(price, sum(queue.values()), len(queue))
            for price, queue in islice(ladder.best_first(), max(levels, 0))
        )

    def snapshot(self) -> Snapshot:
        """Every resting order: by symbol, bids before asks, best price first, oldest first."""
        rows = [
            (symbol, side, 0, qty, book.orders[order_id][3], 0, order_id, price)
            for symbol, book in enumerate(self._books)
            for side, ladder in ((Side.BUY, book.bids), (Side.SELL, book.asks))
            for price, queue in ladder.best_first()
            for order_id, qty in queue.items()
        ]
        return Snapshot(self._next_sequence, np.array(rows, RESTING))

    def state_digest(self) -> str:
        """`snapshot().digest()`."""
        return self.snapshot().digest()

    def _run(self, records: bytes) -> bytearray:  # noqa: C901 - one call per batch, not per command
        """The events of a batch of command records, as bytes."""
        out = bytearray()
        symbols, here, book = len(self._books), 0, self._books[0]
        orders, bids, asks = book.orders, book.bids, book.asks
        for op, side, kind, tif, symbol, flags, qty, owner, order_id, price in COMMAND_RECORD.iter_unpack(
            records
        ):
            if symbol != here and symbol < symbols:
                here, book = symbol, self._books[symbol]
                orders, bids, asks = book.orders, book.bids, book.asks

            if op == _NEW:
                refused = (
                    _UNKNOWN_SIDE if side > 1
                    else _UNKNOWN_KIND if kind > 1
                    else _UNKNOWN_TIF if tif > 1
                    else _BAD_FLAGS if flags
                    else _UNKNOWN_SYMBOL if symbol >= symbols
                    else _BAD_QUANTITY if qty <= 0
                    else _BAD_PRICE if (price != NO_PRICE if kind else price == NO_PRICE)
                    else _DUPLICATE_ID if order_id in orders
                    else 0
                )  # fmt: skip
            elif op <= _EXECUTE:
                refused = (
                    _BAD_FLAGS if flags
                    else _UNKNOWN_SYMBOL if symbol >= symbols
                    else _BAD_QUANTITY if qty < 0 or (not qty and op != _CANCEL)
                    else _BAD_PRICE if op == _MODIFY and price == NO_PRICE
                    else _UNKNOWN_ORDER if order_id not in orders
                    else 0
                )  # fmt: skip
            else:
                refused = _UNKNOWN_OP

            if refused:
                out += _pack(_REJECTED, refused, symbol, qty, order_id, op, price)
            elif op == _NEW:
                out += _pack(_ACCEPTED, side, symbol, qty, order_id, 0, price)
                own, opposite = (asks, bids) if side else (bids, asks)
                reach = NO_LIMIT if kind else price * opposite.sign
                keys = opposite.keys
                if keys and keys[0] <= reach:
                    qty = opposite.match(orders, out, side, symbol, order_id, qty, reach)
                    if not qty:
                        continue
                if kind or tif:
                    out += _pack(_CANCELLED, _IMMEDIATE, symbol, qty, order_id, 0, price)
                    continue
                queue = own.levels.get(price)
                if queue is None:
                    queue = own.queue_at(price)
                queue[order_id] = qty
                orders[order_id] = (queue, price, side, owner)
            elif op == _CANCEL:
                queue, price, _, _ = orders[order_id]
                open_lots = queue[order_id]
                if 0 < qty < open_lots:
                    queue[order_id] = open_lots - qty
                else:
                    qty = open_lots
                    del queue[order_id], orders[order_id]
                out += _pack(_CANCELLED, _REQUESTED, symbol, qty, order_id, 0, price)
            elif op == _MODIFY:
                book.modify(out, symbol, qty, order_id, price)
            else:
                book.execute(out, symbol, qty, order_id)
        return out
