"""The heat map of a replayed book: resting lots at every price over the day, and the touch."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from numpy.typing import NDArray

from obrelease.analysis.plots.axes import NS_PER_S, time_axis
from obrelease.analysis.plots.colours import BLUE, TEXT, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits

Int64s = NDArray[np.int64]

_LEAST_ALPHA: Final = 0.12
_FULL_PERCENTILE: Final = 99.0
_SHADES: Final = (0.25, 1.0)


def depth_heat_map(
    edges_ns: Int64s,
    price_edges: Int64s,
    bid_lots: Int64s,
    ask_lots: Int64s,
    touch: tuple[Int64s, Int64s],
    *,
    title: str,
    units: PlotUnits = TICKS_AND_LOTS,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Lots by time and price: the more, the fuller the colour, on a logarithmic scale.

    Args:
        edges_ns: int64 [times + 1], nanoseconds after midnight, ascending.
        price_edges: int64 [prices + 1], in ticks, ascending.
        bid_lots, ask_lots: int64 [times, prices].
        touch: the best bid and the best ask of each time, int64 [times]; 0 where a side is empty.
        title: above the plot.
        units: of prices and quantities.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(5.4, title)
        seconds = edges_ns / NS_PER_S
        prices = price_edges * units.per_tick
        lots = np.where(bid_lots >= ask_lots, bid_lots, ask_lots).astype(np.float64)
        full = _full(lots)
        image = np.zeros((*lots.shape, 4))
        image[..., :3] = np.where((bid_lots >= ask_lots)[..., None], to_rgb(BLUE), to_rgb(VERMILLION))
        image[..., 3] = _alpha(lots, full)
        axes.imshow(
            image.transpose(1, 0, 2),
            extent=(float(seconds[0]), float(seconds[-1]), float(prices[0]), float(prices[-1])),
            origin="lower",
            aspect="auto",
            interpolation="nearest",
        )
        for ticks in touch:
            shown = np.where(ticks > 0, ticks * units.per_tick, np.nan)
            axes.stairs(shown, seconds, baseline=None, color=TEXT, linewidth=0.8)
        axes.plot([], [], color=TEXT, linewidth=0.8, label="best bid and ask")
        axes.set_ylim(float(prices[0]), float(prices[-1]))
        axes.set_ylabel(f"price, {units.price}")
        axes.yaxis.set_major_formatter(units.price_format())
        time_axis(axes, float(seconds[0]), float(seconds[-1]))
        for color, side in ((BLUE, "bids"), (VERMILLION, "asks")):
            for share in _SHADES:
                shade = float(np.expm1(share * np.log1p(full)))
                words = f"{side}, {EngFormatter(places=0)(max(1.0, shade))} {units.lots}"
                shown_as = float(_alpha(np.array([shade]), full)[0])
                axes.fill_between([], [], color=color, alpha=shown_as, linewidth=0, label=words)
        legend_above(axes, 3)
        return figure

    return draw(build, image_format)


def _full(lots: NDArray[np.float64]) -> float:
    """The lots that have the full colour: one giant order must not pale a day."""
    held = lots[lots > 0]
    return max(float(np.percentile(held, _FULL_PERCENTILE)), 2.0) if held.size else 2.0


def _alpha(lots: NDArray[np.float64], full: float) -> NDArray[np.float64]:
    share = np.minimum(np.log1p(lots) / np.log1p(full), 1.0)
    return np.where(lots > 0, _LEAST_ALPHA + (1 - _LEAST_ALPHA) * share, 0.0)
