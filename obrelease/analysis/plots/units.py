"""Units of prices and quantities on plots of replays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.ticker import Formatter


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
        # Imported here: the units are read by every run, and matplotlib only serves those that are drawn.
        from matplotlib.ticker import FuncFormatter

        from obrelease.analysis.plots.axes import whole_number

        if self.price == "ticks":
            return FuncFormatter(whole_number)
        return FuncFormatter(lambda value, _=None: f"{value:,.2f}")

    def value_format(self) -> Formatter:
        """Numbers on an axis of price x quantity."""
        from matplotlib.ticker import EngFormatter

        return EngFormatter()


TICKS_AND_LOTS: Final = PlotUnits()
