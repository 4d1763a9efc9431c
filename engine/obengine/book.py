"""The Book protocol that every core keeps, its snapshot, and the core-neutral state digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.messages import COMMAND, Commands, Events, Side, records_digest

RESTING: Final = np.dtype(
    [
        ("symbol", "<u2"),
        ("side", "u1"),
        ("reserved", "u1"),
        ("qty_lots", "<i4"),
        ("participant", "<u4"),
        ("reserved2", "<u4"),
        ("order_id", "<u8"),
        ("price_ticks", "<i8"),
    ]
)
"""One resting order in a snapshot (32 bytes). Order of records: by symbol, bids before asks, best
price first, then queue order (oldest first)."""


@dataclass(frozen=True, slots=True)
class Level:
    """One price level: its price, the open lots on it, and how many orders hold them."""

    price_ticks: int
    qty_lots: int
    orders: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All resting orders as `RESTING` records, and the sequence number of the next event."""

    next_sequence: int
    orders: NDArray[np.void]

    def digest(self) -> str:
        """The state digest: sha256 of the `RESTING` records. Equal on every core."""
        return records_digest(self.orders)


def rebuilding_commands(snapshot: Snapshot) -> Commands:
    """The NEW commands that give the snapshot's state, order for order, to an empty book of any core.

    The sequence then counts on from the ACCEPTED events of the rebuilding, not from the snapshot's.
    """
    commands = np.zeros(len(snapshot.orders), COMMAND)
    for field in ("side", "symbol", "qty_lots", "participant", "order_id", "price_ticks"):
        commands[field] = snapshot.orders[field]
    return commands


class Book(Protocol):
    """An order book engine: a pure function of the commands that it was given."""

    @property
    def next_sequence(self) -> int:
        """The sequence number that the next event will have."""
        ...

    def apply(self, commands: Commands) -> Events:
        """Apply a batch in order; every command gives at least one event.

        Raises:
            BatchError: not a one-dimensional contiguous array of `COMMAND`; nothing was applied.
        """
        ...

    def depth(self, side: Side, levels: int, symbol: int = 0) -> tuple[Level, ...]:
        """The best `levels` levels of a side, best first; fewer where there are fewer.

        Raises:
            SymbolError: the book has no such symbol.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Every resting order, in the canonical order."""
        ...

    def state_digest(self) -> str:
        """`snapshot().digest()`."""
        ...
