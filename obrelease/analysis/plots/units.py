"""Units of prices and quantities on plots of replays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.ticker import EngFormatter, Formatter, FuncFormatter

from obrelease.analysis.plots.axes import whole_number


@dataclass(frozen=True, slots=True)
class PlotUnits:
    """How prices and quantities of a stream are written.

    Attributes:
        price: the unit of prices, such as `$`.
        per_tick: a price of one tick in that unit.
        lots: the unit of quantities, in the plural.
    """

    price: str = "ticks"
    per_tick: float = 1.0
    lots: str = "lots"

    @property
    def value(self) -> str:
        """The unit of price x quantity."""
        return "ticks x lots" if self.price == "ticks" else self.price

    def price_format(self) -> Formatter:
        """Numbers on an axis of prices."""
        if self.price == "ticks":
            return FuncFormatter(whole_number)
        return FuncFormatter(lambda value, _=None: f"{value:,.2f}")

    def value_format(self) -> Formatter:
        """Numbers on an axis of price x quantity."""
        return EngFormatter()


TICKS_AND_LOTS: Final = PlotUnits()
