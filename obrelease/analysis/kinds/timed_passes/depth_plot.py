"""The plot of a replayed book's depth: resting lots on both sides over the day."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter
from numpy.typing import NDArray

from obrelease.analysis.plots.axes import NS_PER_S, time_axis
from obrelease.analysis.plots.colours import BAND_ALPHA, BLUE, MUTED, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits

Int64s = NDArray[np.int64]

_BINS = 400


def depth_over_day(
    time_ns: Int64s,
    bid_lots: Int64s,
    ask_lots: Int64s,
    *,
    title: str,
    units: PlotUnits = TICKS_AND_LOTS,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Resting lots of the levels in view: asks above the axis, bids below it; and the bids' share.

    Each of 400 equal parts of the day shows its median and the band from its 10th to its 90th percentile.
    The axis reaches a little beyond what 99 % of the bands need: one giant order must not flatten a day.

    Args:
        time_ns: int64 [n], nanoseconds after midnight, ascending; n is at least 1.
        bid_lots, ask_lots: int64 [n], lots that rest on each side after each message.
        title: above the plot.
        units: of the quantities.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (lots, share) = new_axes(5.0, title, rows=(2, 1))
        starts = _starts(time_ns)
        seconds = np.append(time_ns[starts], time_ns[-1]) / NS_PER_S
        asks, bids = _bands(ask_lots, starts), _bands(bid_lots, starts)
        for bands, sign, color, label in ((asks, 1, VERMILLION, "asks"), (bids, -1, BLUE, "bids")):
            low, middle, high = sign * bands
            lots.stairs(high, seconds, baseline=low, fill=True, color=color, alpha=BAND_ALPHA, linewidth=0)
            lots.stairs(middle, seconds, baseline=None, color=color, linewidth=1.2, label=label)
        lots.axhline(0, color=MUTED, linewidth=0.8)
        lots.set_ylim(-_reach(bids), _reach(asks))
        lots.set_ylabel(f"resting {units.lots}")
        lots.yaxis.set_major_formatter(FuncFormatter(lambda value, _=None: EngFormatter()(abs(value))))
        lots.tick_params(axis="x", labelbottom=False)
        lots.fill_between([], [], color=MUTED, alpha=BAND_ALPHA, linewidth=0, label="10 % to 90 %")
        legend_above(lots, 3)
        both = np.maximum(bid_lots + ask_lots, 1)
        _, middle, _ = _bands(100 * bid_lots / both, starts)
        share.stairs(middle, seconds, baseline=None, color=BLUE, linewidth=1.2)
        share.axhline(50, color=MUTED, linewidth=0.8)
        share.set_ylim(0, 100)
        share.set_ylabel(f"bids, % of {units.lots}")
        time_axis(share, float(seconds[0]), float(seconds[-1]))
        for axes in (lots, share):
            axes.grid(visible=True)
        return figure

    return draw(build, image_format)


def _reach(bands: NDArray[np.float64]) -> float:
    return max(1.25 * float(np.percentile(bands[2], 99)), float(bands[1].max()), 1.0)


def _starts(time_ns: Int64s) -> Int64s:
    """The first row of each equal part of the day that has any."""
    edges = np.linspace(time_ns[0], time_ns[-1], _BINS + 1)[1:-1]
    starts = np.unique(np.concatenate(([0], np.searchsorted(time_ns, edges, side="left"))))
    return starts[starts < time_ns.size].astype(np.int64)


def _bands(values: NDArray[np.generic], starts: Int64s) -> NDArray[np.float64]:
    """The 10th, 50th and 90th percentile of each part [3, parts]."""
    return np.array([np.percentile(part, (10, 50, 90)) for part in np.split(values, starts[1:])]).T
