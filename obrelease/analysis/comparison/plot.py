"""The plot of a comparison: percentile curves of base and head, and their ratio below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from obrelease.analysis.comparison.compare import Comparison, ShiftPoint
from obrelease.analysis.comparison.forest_plot import side_text
from obrelease.analysis.histograms.histogram import MIN_VALUES_BEYOND
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.plots.axes import NS_PER_S, leading_digit, log_seconds_axis, percentile_axis
from obrelease.analysis.plots.colours import BLUE, MUTED, TEXT, VERMILLION
from obrelease.analysis.plots.picture_text import PictureText
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive

_STEPS: Final = 120
_MAX_MARGIN: Final = 4
_LINEAR_UP_TO: Final = 4.0
"""A wider range of ratios is drawn on a log scale, or the largest would flatten all others."""

_LOG_MARGIN: Final = 1.2


def overlay(
    comparison: Comparison,
    *,
    title: str,
    names: tuple[str, str] = ("", ""),
    histogram: str | None = None,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Draw each run's percentile curve thin, each side's median curve bold, and their ratio.

    The ratio has its intervals at the same quantiles as in the table of percentiles.

    Args:
        comparison: with at least one latency histogram on both sides.
        title: above the plot.
        names: of the releases of both sides, for the legend; empty for other runs.
        histogram: which one; the first where None.
        image_format: `svg` or `png`.

    Raises:
        Inconclusive: the runs share no latency histogram.
    """
    drawable = list(dict.fromkeys(point.histogram for point in comparison.shifts))
    if not drawable:
        raise Inconclusive("the runs have no latency histogram to draw", hint="leave the plot out")
    name = histogram or drawable[0]
    points = [point for point in comparison.shifts if point.histogram == name]
    positions = _positions((*comparison.base, *comparison.head), name)
    base_s, head_s = (_curves(runs, name, positions) for runs in (comparison.base, comparison.head))
    text = PictureText(title, _description(name, points))

    def build() -> Figure:
        figure, (curves, ratios) = new_axes(5.8, title, rows=(3, 2))
        _draw_curves(curves, positions, base_s, BLUE, f"base {side_text(comparison.base, names[0])}")
        _draw_curves(curves, positions, head_s, VERMILLION, f"head {side_text(comparison.head, names[1])}")
        log_seconds_axis(curves)
        curves.set_ylabel(name.replace("-", " "))
        legend_above(curves, 2)
        _draw_ratio(ratios, positions, np.median(head_s, axis=0) / np.median(base_s, axis=0), points)
        percentile_axis(ratios, float(positions[-1]), margin=1.1)
        curves.tick_params(axis="x", labelbottom=False)
        for axes in (curves, ratios):
            axes.grid(visible=True)
        return figure

    return draw(build, image_format, text=text)


def _description(name: str, points: Sequence[ShiftPoint]) -> str:
    ratios = ", ".join(f"{100 * point.quantile:g} %: {point.ratio:.3f}" for point in points)
    return f"Percentile curves of {name} of base and head, and the ratio of head over base below. {ratios}."


def _positions(runs: Sequence[Run], name: str) -> NDArray[np.float64]:
    """1 / (1 - quantile), evenly on the log scale, as far as every run has values."""
    smallest = min(sum(part.count for part in run.histograms[name]) for run in runs)
    return np.geomspace(1.0, max(smallest, 10), _STEPS)


def _curves(runs: Sequence[Run], name: str, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds, float64 [runs, positions]."""
    quantiles = (1 - 1 / positions).tolist()
    wholes = [merge(run.histograms[name]) for run in runs]
    values_ns = [[max(whole.percentile_ns(100 * q), 1) for q in quantiles] for whole in wholes]
    return np.array(values_ns, dtype=np.float64) / NS_PER_S


def _draw_curves(
    axes: Axes, positions: NDArray[np.float64], curves_s: NDArray[np.float64], color: str, label: str
) -> None:
    for curve in curves_s:
        axes.plot(positions, curve, color=color, linewidth=0.5, alpha=0.35)
    axes.plot(positions, np.median(curves_s, axis=0), color=color, label=label)


def _draw_ratio(
    axes: Axes, positions: NDArray[np.float64], ratio: NDArray[np.float64], points: Sequence[ShiftPoint]
) -> None:
    """The ratio, up to the last percentile beyond which every run has `MIN_VALUES_BEYOND` values."""
    trusted = positions <= positions[-1] / MIN_VALUES_BEYOND
    known = [point for point in points if 1 / (1 - point.quantile) <= positions[trusted][-1]]
    axes.axhline(1.0, color=MUTED, linewidth=1.0)
    axes.plot(positions[trusted], ratio[trusted], color=TEXT, linewidth=1.0, alpha=0.6)
    for point in known:
        at = 1 / (1 - point.quantile)
        axes.plot([at], [point.ratio], "o", color=TEXT, markersize=4)
        if point.low is not None and point.high is not None:
            axes.plot([at, at], [point.low, point.high], color=TEXT, linewidth=1.4)
    ratios = [*ratio[trusted].tolist(), *(point.ratio for point in known)]
    if max(1.0, *ratios) / min(1.0, *ratios) > _LINEAR_UP_TO:
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(FuncFormatter(_minor_ratio))
        axes.tick_params(axis="y", which="minor", labelsize=8)
        axes.set_ylim(min(1.0, *ratios) / _LOG_MARGIN, max(1.0, *ratios) * _LOG_MARGIN)
    else:
        axes.set_ylim(*_limits(ratios, known))
    axes.set_ylabel("head / base")
    axes.yaxis.set_major_formatter(FuncFormatter(_ratio))


def _limits(ratios: Sequence[float], points: Sequence[ShiftPoint]) -> tuple[float, float]:
    """Room for all ratios, and for the intervals as far as they are not many times wider."""
    ends = [end for point in points for end in (point.low, point.high) if end is not None]
    widest = _MAX_MARGIN * max(0.02, *(abs(ratio - 1) for ratio in ratios))
    low = max(min([*ratios, *ends, 0.99]), 1 - widest)
    high = min(max([*ratios, *ends, 1.01]), 1 + widest)
    margin = 0.08 * (high - low)
    return low - margin, high + margin


def _ratio(value: float, _index: int | None = None) -> str:
    return f"{value:.4g}"


def _minor_ratio(value: float, _index: int | None = None) -> str:
    return _ratio(value) if leading_digit(value) in {2, 5} else ""
