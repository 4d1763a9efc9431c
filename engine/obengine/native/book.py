"""The compiled book: the same events as the reference, many times faster, with the GIL released."""

from __future__ import annotations

import numpy as np

from obengine._native import Engine
from obengine.api.errors import SymbolError
from obengine.api.messages import EVENT, MAX_SYMBOLS, Commands, Events, Side, check_commands
from obengine.api.protocol import ENGINE, RESTING, SYMBOL, Level, Snapshot
from obengine.api.snapshot_checks import validate_snapshot


class NativeBook:
    """An order book of one or many symbols over the C++ core; keeps the `Book` protocol.

    Commands are read where they lie, without a copy. Several threads may share a book: their
    batches are applied one after another. A batch must not be written to while it is applied.
    Memory of dropped events is kept for coming batches, up to 256 MiB in a process.

    Args:
        symbols: number of symbols, 1 to 65,536; commands for others are refused.

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
        """The sequence number that the next event will have."""
        return self._engine.next_sequence

    @property
    def clock_ns(self) -> int:
        """The engine's clock, as the last CLOCK command set it."""
        return self._engine.clock_ns

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command but EXTEND gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; nothing was applied.
            MemoryError: the book is in an unknown state and is to be thrown away.
        """
        check_commands(commands)
        return np.frombuffer(self._engine.apply(commands), EVENT)

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """The best `levels` displayed levels of a side, best first; fewer where there are fewer.

        Raises:
            SymbolError: the book has no such symbol.
        """
        if not 0 <= symbol < self._symbols:
            raise SymbolError(f"symbol {symbol} is not one of the book's {self._symbols}")
        rows = self._engine.depth(symbol, int(side == Side.SELL), max(levels, 0))
        return tuple(Level(price, qty, orders) for price, qty, orders in rows)

    def snapshot(self) -> Snapshot:
        """The whole state, orders in the canonical order."""
        next_sequence, engine, symbols, orders = self._engine.snapshot()
        return Snapshot(next_sequence, orders.view(RESTING), engine.view(ENGINE), symbols.view(SYMBOL))

    def restore(self, snapshot: Snapshot) -> None:
        """Take on the state of a snapshot, whatever this book held before.

        Raises:
            SnapshotError: no book could have given this snapshot; this book is unchanged.
            SymbolError: it holds a symbol that this book has not; this book is unchanged.
        """
        validate_snapshot(snapshot, self._symbols)
        engine, symbols, orders = (
            np.ascontiguousarray(part).view(np.uint8)
            for part in (snapshot.engine, snapshot.symbols, snapshot.orders)
        )
        self._engine.restore(snapshot.next_sequence, engine, symbols, orders)

    def state_digest(self) -> str:
        """`snapshot().digest()`."""
        return self.snapshot().digest()

    def audit(self) -> str | None:
        """The first broken invariant of the core's own structures in words, or None."""
        return self._engine.audit()
