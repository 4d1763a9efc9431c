"""The book of the native core; it releases the GIL."""

from __future__ import annotations

import numpy as np

from obengine._native import Engine
from obengine.api.errors import SymbolError
from obengine.api.messages import EVENT, MAX_SYMBOLS, NO_PRICE, Commands, Events, Side, check_commands
from obengine.api.protocol import ENGINE, RESTING, RULE, SYMBOL, DigestedEvents, Indication, Level, Snapshot
from obengine.api.snapshot import KEPT_TRADE
from obengine.api.snapshot_checks import validate_snapshot


class NativeBook:
    """An order book of one or many symbols over the C++ core; implements the `Book` protocol.

    Commands are read without a copy. Several threads may share a book: their batches are applied one
    after another. A batch must not be modified while it is applied. The memory of dropped events is
    cached for later batches, up to 256 MiB per process.

    Args:
        symbols: number of symbols, 1 to 65,536; commands for others are rejected.

    Raises:
        SymbolError: the number of symbols is out of range.
    """

    def __init__(self, symbols: int = 1) -> None:
        if not 1 <= symbols <= MAX_SYMBOLS:
            raise SymbolError(f"a book has 1 to {MAX_SYMBOLS} symbols, not {symbols}")
        self._symbols = symbols
        self._engine = Engine(symbols)

    @property
    def symbols(self) -> int:
        """The number of symbols."""
        return self._symbols

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next event."""
        return self._engine.next_sequence

    @property
    def clock_ns(self) -> int:
        """The engine's clock, as the last CLOCK command set it."""
        return self._engine.clock_ns

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command except EXTEND gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
            MemoryError: the state of the book is undefined; discard it.
        """
        check_commands(commands)
        return np.frombuffer(self._engine.apply(commands), EVENT)

    def apply_digested(self, commands: Commands) -> DigestedEvents:
        """The same as `apply`, and the digest of the events: another thread matches, this one digests.

        An exception, such as KeyboardInterrupt, leaves a part of the batch applied.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
            MemoryError: the state of the book is undefined; discard it.
        """
        check_commands(commands)
        events, digest, matching_ns = self._engine.apply_digested(commands)
        return DigestedEvents(np.frombuffer(events, EVENT), digest, matching_ns)

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """At most `levels` displayed levels of a side, best first.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < self._symbols:
            raise SymbolError(f"symbol {symbol} is not one of the book's {self._symbols}")
        rows = self._engine.depth(symbol, int(side == Side.SELL), max(levels, 0))
        return tuple(Level(price, qty, orders) for price, qty, orders in rows)

    def indication(self, symbol: int = 0, reference_ticks: int = NO_PRICE) -> Indication | None:
        """The indicative auction price of a symbol and its imbalance; None if no orders would trade.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < self._symbols:
            raise SymbolError(f"symbol {symbol} is not one of the book's {self._symbols}")
        found = self._engine.indication(symbol, reference_ticks)
        return None if found is None else Indication(*found)

    def snapshot(self) -> Snapshot:
        """The whole state, orders in the canonical order."""
        next_sequence, engine, symbols, orders, rules, trades = self._engine.snapshot()
        return Snapshot(
            next_sequence,
            orders.view(RESTING),
            engine.view(ENGINE),
            symbols.view(SYMBOL),
            rules.view(RULE),
            trades.view(KEPT_TRADE),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state of this book by that of a snapshot.

        Raises:
            SnapshotError: the snapshot breaks a rule of the specification; this book is unchanged.
            SymbolError: the snapshot has a symbol that this book does not have; this book is unchanged.
        """
        validate_snapshot(snapshot, self._symbols)
        engine, symbols, orders, rules, trades = (
            np.ascontiguousarray(part).view(np.uint8)
            for part in (snapshot.engine, snapshot.symbols, snapshot.orders, snapshot.rules, snapshot.trades)
        )
        self._engine.restore(snapshot.next_sequence, engine, symbols, orders, rules, trades)

    def state_digest(self) -> str:
        """The digest of `snapshot()`."""
        return self.snapshot().digest()

    def audit(self) -> str | None:
        """The first broken invariant of the core's data structures, or None."""
        return self._engine.audit()
