"""The reference book: batches, and the fast path for plain orders.

The rules are in the other modules of `obengine.reference`, one subject per file. The fast path handles
plain orders in an OPEN book without special orders, where most rules cannot apply.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np

from obengine.api.errors import SymbolError
from obengine.api.messages import (
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
    Queue,
    Side,
    check_commands,
)
from obengine.api.protocol import Indication, Level, Snapshot
from obengine.api.snapshot_checks import validate_snapshot
from obengine.reference.auction import indicate
from obengine.reference.commands import CommandProcessor
from obengine.reference.fast_path import execute_plain, match_plain, modify_plain
from obengine.reference.orders import Command
from obengine.reference.price_ladder import NO_LIMIT
from obengine.reference.snapshot import restore_snapshot, take_snapshot
from obengine.reference.symbol_book import SymbolBook

# Enum members are slow to compare and to pack, so the hot loop uses their integer values.
_CANCEL, _MODIFY, _EXECUTE = int(Op.CANCEL), int(Op.MODIFY), int(Op.EXECUTE)  # NEW is 0
_ACCEPTED, _CANCELLED = int(EventKind.ACCEPTED), int(EventKind.CANCELLED)
_REQUESTED, _IMMEDIATE = int(CancelReason.REQUESTED), int(CancelReason.IMMEDIATE)
_EVENT_BYTES: Final = EVENT.itemsize
_pack = EVENT_RECORD.pack


class ReferenceBook:
    """An order book of one or many symbols in pure Python; implements the `Book` protocol.

    Args:
        symbols: number of symbols, 1 to 65,536; commands for others are rejected.

    Raises:
        SymbolError: the number of symbols is out of range.
    """

    def __init__(self, symbols: int = 1) -> None:
        if not 1 <= symbols <= MAX_SYMBOLS:
            raise SymbolError(f"a book has 1 to {MAX_SYMBOLS} symbols, not {symbols}")
        self._engine = CommandProcessor(symbols)
        self._next_sequence = 0

    @property
    def symbols(self) -> int:
        """The number of symbols."""
        return len(self._engine.books)

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next event."""
        return self._next_sequence

    @property
    def clock_ns(self) -> int:
        """The engine's clock, as the last CLOCK command set it."""
        return self._engine.clock_ns

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command except EXTEND gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
        """
        check_commands(commands)
        self._engine.log.first_sequence = self._next_sequence
        out = _apply_batch(self._engine, commands.tobytes())
        self._next_sequence += len(out) // _EVENT_BYTES
        return np.frombuffer(out, EVENT)

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """At most `levels` displayed levels of a side, best first.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < self.symbols:
            raise SymbolError(f"symbol {symbol} is not one of the book's {self.symbols}")
        displayed = (
            Level(price, sum(queue.values()), len(queue))
            for price, number, queue in self._engine.books[symbol].resting(side)
            if number is Queue.DISPLAYED
        )
        return tuple(islice(displayed, max(levels, 0)))

    def indication(self, symbol: int = 0, reference_ticks: int = NO_PRICE) -> Indication | None:
        """The indicative auction price of a symbol and its imbalance; None if no orders would trade.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < self.symbols:
            raise SymbolError(f"symbol {symbol} is not one of the book's {self.symbols}")
        book = self._engine.books[symbol]
        last = NO_PRICE if book.last_ticks is None else book.last_ticks
        found = indicate(book, last if reference_ticks == NO_PRICE else reference_ticks)
        return None if found is None else Indication(*found)

    def snapshot(self) -> Snapshot:
        """The whole state, orders in the canonical order."""
        return take_snapshot(self._engine, self._next_sequence)

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state of this book by that of a snapshot.

        Raises:
            SnapshotError: the snapshot breaks a rule of the specification; this book is unchanged.
            SymbolError: the snapshot has a symbol that this book does not have; this book is unchanged.
        """
        validate_snapshot(snapshot, self.symbols)
        self._engine = restore_snapshot(snapshot, self.symbols)
        self._next_sequence = snapshot.next_sequence

    def state_digest(self) -> str:
        """The digest of `snapshot()`."""
        return self.snapshot().digest()


def _apply_batch(processor: CommandProcessor, records: bytes) -> bytearray:  # noqa: C901 - one function call per batch, not per command, for speed
    """Apply a batch of command records; return the events as bytes.

    Commands that are not plain, or would be rejected, are passed to `CommandProcessor.apply`.
    """
    out = processor.log.out = bytearray()
    pack, accepted, cancelled, no_price = _pack, _ACCEPTED, _CANCELLED, NO_PRICE  # locals are faster
    books = processor.books
    symbols, here, book = len(books), 0, books[0]
    orders, bids, asks = book.orders, book.bids, book.asks
    plain = _holds_only_plain_orders(processor, book)
    for record in COMMAND_RECORD.iter_unpack(records):
        op, side, kind, tif, symbol, flags, qty, owner, order_id, price = record
        if symbol != here and symbol < symbols:
            here, book = symbol, books[symbol]
            orders, bids, asks = book.orders, book.bids, book.asks
            plain = _holds_only_plain_orders(processor, book)

        if plain and not flags and symbol == here:
            if not op:
                if (
                    side <= 1
                    and tif <= 1
                    and qty > 0
                    and kind <= 1
                    and order_id not in orders
                    and (kind or price != no_price)
                ):
                    out += pack(accepted, side, symbol, qty, order_id, 0, price)
                    if side:
                        ladder, opposite = asks, bids
                        reach = -price
                    else:
                        ladder, opposite = bids, asks
                        reach = price
                    if price == no_price:
                        reach = NO_LIMIT
                    keys = opposite.keys
                    if keys and keys[0] <= reach:
                        qty = match_plain(book, opposite, out, side, order_id, qty, reach)
                        if not qty:
                            continue
                    if kind or tif:
                        out += pack(cancelled, _IMMEDIATE, symbol, qty, order_id, 0, price)
                        continue
                    queue = ladder.levels.get(price)
                    if queue is None:
                        queue = ladder.queue_at(price)
                    queue[order_id] = qty
                    orders[order_id] = (queue, price, side, owner)
                    continue
            elif order_id in orders:
                if op == _CANCEL and qty >= 0:
                    queue, price, _, _ = orders[order_id]
                    open_lots = queue[order_id]
                    if 0 < qty < open_lots:
                        queue[order_id] = open_lots - qty
                    else:
                        qty = open_lots
                        del queue[order_id], orders[order_id]
                    out += pack(cancelled, _REQUESTED, symbol, qty, order_id, 0, price)
                    continue
                if op == _MODIFY and qty > 0 and price != no_price:
                    modify_plain(book, out, qty, order_id, price)
                    continue
                if op == _EXECUTE and qty > 0:
                    execute_plain(book, out, qty, order_id)
                    continue

        processor.apply(Command._make(record))
        plain = _holds_only_plain_orders(processor, book)
    return out


def _holds_only_plain_orders(processor: CommandProcessor, book: SymbolBook) -> bool:
    """Whether the fast path may handle a plain command for this book."""
    special = book.special_orders or book.waiting or book.at_auction or book.has_rules
    return not (special or book.state or processor.extension or book.log.window.size)
