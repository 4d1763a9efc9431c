"""The Book protocol that every core implements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from obengine.api.messages import NO_PRICE, Commands, Events, Side
from obengine.api.snapshot import ENGINE, RESTING, RULE, SYMBOL, Snapshot

__all__ = [
    "ENGINE",
    "RESTING",
    "RULE",
    "SYMBOL",
    "Book",
    "DigestedEvents",
    "DigestingBook",
    "Indication",
    "Level",
    "Snapshot",
]


@dataclass(frozen=True, slots=True)
class Level:
    """A displayed price level: price, displayed lots, number of displayed orders."""

    price_ticks: int
    qty_lots: int
    orders: int


@dataclass(frozen=True, slots=True)
class Indication:
    """What the uncross of an auction would give now.

    Attributes:
        price_ticks: the auction price.
        volume_lots: the lots that would trade.
        surplus_lots: the imbalance at that price: lots of buys less lots of sells.
    """

    price_ticks: int
    volume_lots: int
    surplus_lots: int


@dataclass(frozen=True, slots=True)
class DigestedEvents:
    """The events of a batch, their digest, and the nanoseconds of matching without the digest."""

    events: Events
    events_digest: str
    matching_ns: int


class Book(Protocol):
    """An order book engine; its events are a pure function of its commands."""

    @property
    def symbols(self) -> int:
        """The number of symbols."""
        ...

    @property
    def next_sequence(self) -> int:
        """The sequence number of the next event."""
        ...

    @property
    def clock_ns(self) -> int:
        """The engine's clock, as the last CLOCK command set it."""
        ...

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command except EXTEND gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
        """
        ...

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """At most `levels` displayed levels of a side, best first.

        Raises:
            SymbolError: the book has no such symbol.
        """
        ...

    def indication(self, symbol: int = 0, reference_ticks: int = NO_PRICE) -> Indication | None:
        """The indicative auction price of a symbol and its imbalance; None if no orders would trade.

        Args:
            symbol: the symbol index.
            reference_ticks: as in the STATE command that would open the symbol; NO_PRICE: the last price.

        Raises:
            SymbolError: the book has no such symbol.
        """
        ...

    def snapshot(self) -> Snapshot:
        """The whole state, orders in the canonical order."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Replace the state of this book by that of a snapshot.

        Raises:
            SnapshotError: the snapshot breaks a rule of the specification; this book is unchanged.
            SymbolError: the snapshot has a symbol that this book does not have; this book is unchanged.
        """
        ...

    def state_digest(self) -> str:
        """The digest of `snapshot()`."""
        ...


@runtime_checkable
class DigestingBook(Protocol):
    """A book that digests the events of a batch on a second thread while it matches."""

    def apply_digested(self, commands: Commands) -> DigestedEvents:
        """The same as `apply`, with the digest of the events.

        An exception, such as KeyboardInterrupt, leaves a part of the batch applied.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; no command was applied.
        """
        ...
