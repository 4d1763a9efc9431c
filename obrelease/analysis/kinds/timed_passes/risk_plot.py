"""The plot of a market maker under risk limits: inventory, profit and breaches over the day."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from obrelease.analysis.plots.axes import NS_PER_S, time_axis, whole_number
from obrelease.analysis.plots.colours import BLUE, GREEN, MUTED, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits

Int64s = NDArray[np.int64]

_MAX_BREACHES_SHOWN = 2_000


def inventory_and_pnl(
    time_ns: Int64s,
    inventory_lots: Int64s,
    pnl: Int64s,
    breach_ns: Int64s,
    *,
    title: str,
    units: PlotUnits = TICKS_AND_LOTS,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Inventory above, profit and loss below, both as steps over the time of day.

    Args:
        time_ns: int64 [n], nanoseconds after midnight, ascending; n is at least 1.
        inventory_lots: int64 [n], the position after each trade.
        pnl: int64 [n], in ticks x lots, marked at the last trade.
        breach_ns: int64 [m], when limits were broken; at most 2,000 of them are drawn.
        title: above the plot.
        units: of prices and quantities.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (lots, profit) = new_axes(5.0, title, rows=(1, 1))
        seconds = time_ns / NS_PER_S
        lots.axhline(0, color=MUTED, linewidth=0.8)
        lots.plot(
            seconds, inventory_lots, color=BLUE, linewidth=1.0, drawstyle="steps-post", label="inventory"
        )
        if breach_ns.size:
            shown = breach_ns[:: max(1, -(-breach_ns.size // _MAX_BREACHES_SHOWN))] / NS_PER_S
            floor = np.full(shown.size, 0.03)
            lots.plot(
                shown,
                floor,
                "|",
                color=VERMILLION,
                markersize=9,
                transform=lots.get_xaxis_transform(),
                label=f"breach ({breach_ns.size:,})",
            )
        lots.set_ylabel(f"inventory, {units.lots}")
        lots.yaxis.set_major_formatter(FuncFormatter(whole_number))
        lots.tick_params(axis="x", labelbottom=False)
        legend_above(lots, 2)
        profit.axhline(0, color=MUTED, linewidth=0.8)
        profit.plot(
            seconds,
            pnl * units.per_tick,
            color=GREEN,
            linewidth=1.0,
            drawstyle="steps-post",
            label="profit and loss",
        )
        profit.set_ylabel(f"PnL, {units.value}")
        profit.yaxis.set_major_formatter(units.value_format())
        legend_above(profit, 1)
        time_axis(profit, float(seconds[0]), float(seconds[-1]))
        for axes in (lots, profit):
            axes.grid(visible=True)
        return figure

    return draw(build, image_format)
