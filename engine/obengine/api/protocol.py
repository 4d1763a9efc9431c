"""The Book protocol that every core keeps; what it gives back stands in `obengine.api.snapshot`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from obengine.api.messages import Commands, Events, Side
from obengine.api.snapshot import ENGINE, RESTING, SYMBOL, Snapshot

__all__ = ["ENGINE", "RESTING", "SYMBOL", "Book", "Level", "Snapshot"]


@dataclass(frozen=True, slots=True)
class Level:
    """One displayed price level: its price, the shown lots on it, and how many orders show them."""

    price_ticks: int
    qty_lots: int
    orders: int


class Book(Protocol):
    """An order book engine: a pure function of the commands that it was given."""

    @property
    def symbols(self) -> int:
        """The number of symbols."""
        ...

    @property
    def next_sequence(self) -> int:
        """The sequence number that the next event will have."""
        ...

    @property
    def clock_ns(self) -> int:
        """The engine's clock, as the last CLOCK command set it."""
        ...

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command but EXTEND gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; nothing was applied.
        """
        ...

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """The best `levels` displayed levels of a side, best first; fewer where there are fewer.

        Raises:
            SymbolError: the book has no such symbol.
        """
        ...

    def snapshot(self) -> Snapshot:
        """The whole state, orders in the canonical order."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Take on the state of a snapshot, whatever this book held before.

        Raises:
            SnapshotError: no book could have given this snapshot; this book is unchanged.
            SymbolError: it holds a symbol that this book has not; this book is unchanged.
        """
        ...

    def state_digest(self) -> str:
        """`snapshot().digest()`."""
        ...
