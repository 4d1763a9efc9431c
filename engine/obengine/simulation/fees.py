"""Fees of a venue, in exact arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from obengine.api.errors import WorkloadError

MILLIONTHS: Final = 10**6
_MAX: Final = 10**9


@dataclass(frozen=True, slots=True)
class Fees:
    """What a fill costs; a rebate is negative.

    Attributes:
        maker_per_lot, taker_per_lot: in ticks, with at most six decimals: 20 ticks of $0.0001 are $0.0020.
        maker_ppm, taker_ppm: millionths of price x lots, whole numbers: 100 is one basis point.
    """

    maker_per_lot: Decimal | int | str = 0
    taker_per_lot: Decimal | int | str = 0
    maker_ppm: int = 0
    taker_ppm: int = 0
    _per_lot: tuple[int, int] = field(init=False, repr=False, default=(0, 0))

    def __post_init__(self) -> None:
        for name in ("maker_ppm", "taker_ppm"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MILLIONTHS:
                raise WorkloadError(f"{name} is {value!r}, not a whole number of at most {MILLIONTHS:,}")
        names = ("maker_per_lot", "taker_per_lot")
        per_lot = tuple(_millionths(name, getattr(self, name)) for name in names)
        object.__setattr__(self, "_per_lot", per_lot)

    def of_fill(self, price_ticks: int, lots: int, *, taker: bool) -> int:
        """The fee of a fill, in millionths of ticks x lots."""
        rate = self.taker_ppm if taker else self.maker_ppm
        return lots * (self._per_lot[taker] + abs(price_ticks) * rate)


def _millionths(name: str, value: Decimal | int | str) -> int:
    try:
        scaled = Decimal(value) * MILLIONTHS
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError, TypeError) as error:
        raise WorkloadError(f"{name} is {value!r}, not a number of ticks") from error
    if whole != scaled or abs(whole) > _MAX * MILLIONTHS:
        raise WorkloadError(f"{name} is {value!r}, not a number of ticks with at most six decimals")
    return whole
