"""Plots of bench and replay runs: throughput by pass, and the touch over a day."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from numpy.typing import NDArray

from obrelease.analysis.plots.axes import NS_PER_S, time_axis
from obrelease.analysis.plots.colours import BAND_ALPHA, BLUE, GREEN, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits

Int64s = NDArray[np.int64]

_DAY_BINS: Final = 390


def throughput_by_pass(rates_msg_s: Sequence[int], *, title: str, image_format: ImageFormat = "svg") -> bytes:
    """Throughput of each pass in the order they ran, from zero, with the median drawn through.

    Args:
        rates_msg_s: whole messages per second of each pass, at least one.
        title: above the plot.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(3.4, title)
        middle = median_low(rates_msg_s)
        passes = np.arange(1, len(rates_msg_s) + 1)
        axes.axhline(middle, color=VERMILLION, linewidth=1.2, label=f"median {_rate(middle)}")
        axes.plot(passes, rates_msg_s, "o", color=BLUE, markersize=6, label="one pass")
        axes.set_ylim(0, 1.15 * max(rates_msg_s))
        axes.set_xlim(0.5, len(rates_msg_s) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12, min_n_ticks=1))
        axes.yaxis.set_major_formatter(EngFormatter())
        axes.set_xlabel("pass, in order")
        axes.set_ylabel("throughput, messages/s")
        axes.grid(visible=True, axis="y")
        legend_above(axes, 2)
        return figure

    return draw(build, image_format)


def touch_over_day(
    time_ns: Int64s,
    bid_ticks: Int64s,
    ask_ticks: Int64s,
    *,
    title: str,
    units: PlotUnits = TICKS_AND_LOTS,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Best bid and ask over the day, and the spread between them, in two panels.

    Args:
        time_ns: int64 [n], nanoseconds after midnight, ascending; n is at least 1.
        bid_ticks, ask_ticks: int64 [n], the touch after each message, both sides present.
        title: above the plot.
        units: of the prices.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (prices, spreads) = new_axes(5.4, title, rows=(3, 2))
        seconds, last, spread = _day_bins(time_ns, ask_ticks - bid_ticks)
        for ticks, color, label in ((ask_ticks, VERMILLION, "best ask"), (bid_ticks, BLUE, "best bid")):
            prices.step(
                seconds, ticks[last] * units.per_tick, where="post", color=color, linewidth=1.2, label=label
            )
        prices.set_ylabel(f"price, {units.price}")
        prices.yaxis.set_major_formatter(units.price_format())
        prices.tick_params(axis="x", labelbottom=False)
        legend_above(prices, 2)
        low, middle, high = spread * units.per_tick
        band = spreads.fill_between(
            seconds, low, high, step="post", color=GREEN, alpha=BAND_ALPHA, linewidth=0
        )
        band.set_label("10 % to 90 %")
        spreads.step(seconds, middle, where="post", color=GREEN, linewidth=1.2, label="median")
        spreads.set_ylim(bottom=0)
        spreads.set_ylabel(f"spread, {units.price}")
        spreads.yaxis.set_major_formatter(units.price_format())
        legend_above(spreads, 2)
        time_axis(spreads, float(time_ns[0]) / NS_PER_S, float(time_ns[-1]) / NS_PER_S)
        for axes in (prices, spreads):
            axes.grid(visible=True)
        return figure

    return draw(build, image_format)


def _day_bins(time_ns: Int64s, spread: Int64s) -> tuple[NDArray[np.float64], Int64s, NDArray[np.float64]]:
    """Cut the day into equal bins and keep those with messages.

    Returns the seconds of each bin's last message, its index, and the spread's 10th, 50th and 90th
    percentiles [3, bins].
    """
    edges = np.linspace(time_ns[0], time_ns[-1], _DAY_BINS + 1)[1:-1]
    starts = np.unique(np.concatenate(([0], np.searchsorted(time_ns, edges, side="right"))))
    starts = starts[starts < time_ns.size]
    groups = np.split(spread, starts[1:])
    last = np.append(starts[1:], time_ns.size) - 1
    bands = np.array([np.percentile(group, (10, 50, 90)) for group in groups]).T
    return time_ns[last] / NS_PER_S, last.astype(np.int64), bands


def _rate(msg_s: int) -> str:
    return f"{EngFormatter(places=1)(msg_s)} msg/s"
