"""The rules of one symbol: the naive model's part for bands."""

from __future__ import annotations

from dataclasses import dataclass

from obengine.api.messages import NO_PRICE


@dataclass(slots=True)
class NaiveRules:
    """What the RULE commands of a symbol have set.

    Attributes:
        ends: the highest price of a buy and the lowest of a sell; without a band, no price is beyond them.
    """

    ends: tuple[int, int] = (2**63, NO_PRICE)

    def set_band(self, mode: int, reference: int, width: int) -> None:
        """Set or remove the band."""
        self.ends = (2**63, NO_PRICE)
        if mode:
            self.ends = (min(reference + width, 2**63 - 1), max(reference - width, NO_PRICE + 1))

    def forbids(self, side: int, price: int) -> bool:
        """Whether an order of a side may not trade at a price."""
        return price < self.ends[1] if side else price > self.ends[0]
