"""The latency plot: one curve per histogram, by percentile."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.plots.axes import NS_PER_S, log_seconds_axis, percentile_axis
from obrelease.analysis.plots.colours import PALETTE
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes

_MARKED: Final = ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"))
_LEGEND_COLUMNS: Final = 4
_CLOSE: Final = 10
"""A marked percentile this near to the maximum, as a factor of what is left, would have labels overlap."""


def latency_curve(
    histograms: Mapping[str, Histogram], *, title: str, clock: str, image_format: ImageFormat = "svg"
) -> bytes:
    """Latency at every percentile, the tail stretched as HdrHistogram's plotter does.

    Args:
        histograms: what to draw, by the name that the legend gives it.
        title: above the plot.
        clock: `service` or `response`, for the axis.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(4.5, title)
        lines = product(("-", "--"), PALETTE)
        for (dashes, color), (name, histogram) in zip(lines, histograms.items(), strict=False):
            if histogram.counts.size:
                _percentile_line(axes, name, histogram, color, dashes, marked=len(histograms) == 1)
        longest = max((histogram.count for histogram in histograms.values()), default=1)
        percentile_axis(axes, max(longest, 10), margin=1.15)
        log_seconds_axis(axes)
        axes.set_ylabel(f"{clock} time per message")
        axes.grid(visible=True)
        if len(histograms) > 1:
            legend_above(axes, min(len(histograms), _LEGEND_COLUMNS))
        return figure

    return draw(build, image_format)


def _percentile_line(
    axes: Axes, name: str, histogram: Histogram, color: str, dashes: str, *, marked: bool
) -> None:
    total = histogram.count
    cumulative = np.cumsum(histogram.counts)
    position = total / np.maximum(total - cumulative, 1)
    value_s = histogram.upper_ns / NS_PER_S
    x, y = np.concatenate(([1.0], position)), np.concatenate((value_s[:1], value_s))
    axes.plot(x, y, drawstyle="steps-pre", color=color, linestyle=dashes, label=name)
    if not marked:
        return
    marks = [(1 / (1 - p / 100), label, histogram.percentile_ns(p)) for p, label in _MARKED]
    for at, label, height_ns in [*marks, (float(total), "max", int(histogram.upper_ns[-1]))]:
        if at <= total:
            _mark(axes, at, height_ns / NS_PER_S, label, color, low=total / _CLOSE < at < total)


def _mark(axes: Axes, at: float, height_s: float, label: str, color: str, *, low: bool) -> None:
    """A point with its value: right below the curve near the left edge, left above it elsewhere.

    A `low` one has the label of the maximum where its own would be, and goes below its point.
    """
    axes.plot([at], [height_s], "o", color=color, markersize=5)
    offset, side = ((8, -11), "left") if at < 10 else ((-7, -15 if low else 8), "right")
    words = f"{label}  {EngFormatter(unit='s')(float(f'{height_s:.4g}'))}"
    axes.annotate(words, (at, height_s), offset, textcoords="offset points", ha=side)
