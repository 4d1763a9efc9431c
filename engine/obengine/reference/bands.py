"""Price bands (section 4.11 and 4.12 of the specification)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from obengine.api.messages import MAX_PRICE, MIN_PRICE, BandMode, Side


class Timer(NamedTuple):
    """A limit state of a side, or a pause (side NO_SIDE), that lasts until a time."""

    side: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Band:
    """The prices at which a symbol may trade; the times of a band of mode PAUSE, else 0."""

    mode: BandMode
    reference_ticks: int
    width_ticks: int
    limit_ms: int = 0
    pause_ms: int = 0

    @property
    def lower(self) -> int:
        """The lowest price inside."""
        return max(self.reference_ticks - self.width_ticks, MIN_PRICE)

    @property
    def upper(self) -> int:
        """The highest price inside."""
        return min(self.reference_ticks + self.width_ticks, MAX_PRICE)

    def worst(self, side: int) -> int:
        """The worst price at which an order of a side may trade."""
        return self.lower if side == Side.SELL else self.upper

    def is_outside(self, side: int, price_ticks: int) -> bool:
        """Whether a limit of a side is outside the band."""
        return price_ticks < self.lower if side == Side.SELL else price_ticks > self.upper
