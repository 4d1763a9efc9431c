"""Prices and lots as a person reads them: prices in currency, quantities in shares or contracts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from obengine.feeds.lobster_window import NO_ASK, NO_BID


@dataclass(frozen=True, slots=True)
class Units:
    """What a price and a lot of a stream are.

    Attributes:
        currency: written before a price, such as `$`; may be empty.
        unit: the price of one step of the data, in the currency; a venue's tick size is a multiple of it.
        lot_name: what one lot is, in the plural.
    """

    currency: str
    unit: Decimal
    lot_name: str

    def price(self, ticks: int) -> str:
        """A price in the currency, and as the number in the data."""
        unit = f"{self.currency}{self.unit:f}"
        return f"{self.currency}{ticks * self.unit:,f} ({ticks:,} x {unit})"

    def level(self, lots: int, ticks: int) -> str:
        """The lots of a price; a level without orders is `none`."""
        if ticks in {NO_ASK, NO_BID}:
            return "none"
        return f"{lots:,} {self.lot_name} at {self.price(ticks)}"


LOBSTER_UNITS: Final = Units("$", Decimal("0.0001"), "shares")
"""LOBSTER and ITCH write prices in dollars x 10,000; a lot of these streams is a share."""
