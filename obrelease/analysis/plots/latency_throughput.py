"""The pictures of a run: latency by percentile, throughput by pass, the touch over a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from statistics import median_low
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.plots.dark_mode import BLUE, FAINT, GREEN, PALETTE, VERMILLION
from obrelease.analysis.plots.style import Format, draw, legend_above, new_axes

Int64s = NDArray[np.int64]

_MARKED: Final = ((50.0, "p50"), (99.0, "p99"), (99.9, "p99.9"))
_DAY_BINS: Final = 390
_LEGEND_COLUMNS: Final = 4
_CLOSE: Final = 10
"""A marked percentile this near to the maximum, as a factor of what is left, would have labels overlap."""

_NS_PER_S: Final = 1_000_000_000
_STEPS_S: Final = (0.001, 0.01, 0.1, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


def latency_curve(
    histograms: Mapping[str, Histogram], *, title: str, clock: str, kind: Format = "svg"
) -> bytes:
    """Latency at every percentile, the tail stretched as HdrHistogram's plotter does.

    Args:
        histograms: what to draw, by the name that the legend gives it.
        title: over the picture.
        clock: `service` or `response`, for the axis.
        kind: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(4.5, title)
        lines = product(("-", "--"), PALETTE)
        for (dashes, color), (name, histogram) in zip(lines, histograms.items(), strict=False):
            if histogram.counts.size:
                _percentile_line(axes, name, histogram, color, dashes, marked=len(histograms) == 1)
        longest = max((histogram.count for histogram in histograms.values()), default=1)
        _percentile_axis(axes, max(longest, 10))
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(EngFormatter(unit="s"))
        axes.yaxis.set_minor_formatter(FuncFormatter(_minor_seconds))
        axes.tick_params(axis="y", which="minor", labelsize=8)
        axes.set_ylabel(f"{clock} time per message")
        axes.grid(visible=True)
        if len(histograms) > 1:
            legend_above(axes, min(len(histograms), _LEGEND_COLUMNS))
        return figure

    return draw(build, kind)


def throughput_passes(rates_msg_s: Sequence[int], *, title: str, kind: Format = "svg") -> bytes:
    """Throughput of each pass in the order they ran, from zero, with the median drawn through.

    Args:
        rates_msg_s: whole messages per second of each pass, at least one.
        title: over the picture.
        kind: `svg` or `png`.
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

    return draw(build, kind)


def touch_over_day(
    time_ns: Int64s, bid_ticks: Int64s, ask_ticks: Int64s, *, title: str, kind: Format = "svg"
) -> bytes:
    """Best bid and ask over the day, and the spread between them, in one picture of two panels.

    Args:
        time_ns: int64 [n], nanoseconds after midnight, ascending; n is at least 1.
        bid_ticks, ask_ticks: int64 [n], the touch after each message, both sides present.
        title: over the picture.
        kind: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (prices, spreads) = new_axes(5.4, title, rows=(3, 2))
        seconds, last, spread = _bins(time_ns, ask_ticks - bid_ticks)
        for ticks, color, label in ((ask_ticks, VERMILLION, "best ask"), (bid_ticks, BLUE, "best bid")):
            prices.step(seconds, ticks[last], where="post", color=color, linewidth=1.2, label=label)
        prices.set_ylabel("price, ticks")
        prices.yaxis.set_major_formatter(FuncFormatter(_thousands))
        prices.tick_params(axis="x", labelbottom=False)
        legend_above(prices, 2)
        low, middle, high = spread
        band = spreads.fill_between(seconds, low, high, step="post", color=GREEN, alpha=FAINT, linewidth=0)
        band.set_label("10 % to 90 %")
        spreads.step(seconds, middle, where="post", color=GREEN, linewidth=1.2, label="median")
        spreads.set_ylim(bottom=0)
        spreads.set_ylabel("spread, ticks")
        spreads.yaxis.set_major_formatter(FuncFormatter(_thousands))
        legend_above(spreads, 2)
        time_axis(spreads, float(time_ns[0]) / _NS_PER_S, float(time_ns[-1]) / _NS_PER_S)
        for axes in (prices, spreads):
            axes.grid(visible=True)
        return figure

    return draw(build, kind)


def _percentile_line(
    axes: Axes, name: str, histogram: Histogram, color: str, dashes: str, *, marked: bool
) -> None:
    total = histogram.count
    cumulative = np.cumsum(histogram.counts)
    position = total / np.maximum(total - cumulative, 1)
    value_s = histogram.upper_ns / _NS_PER_S
    x, y = np.concatenate(([1.0], position)), np.concatenate((value_s[:1], value_s))
    axes.plot(x, y, drawstyle="steps-pre", color=color, linestyle=dashes, label=name)
    if not marked:
        return
    marks = [(1 / (1 - p / 100), label, histogram.percentile_ns(p)) for p, label in _MARKED]
    for at, label, height_ns in [*marks, (float(total), "max", int(histogram.upper_ns[-1]))]:
        if at <= total:
            _mark(axes, at, height_ns / _NS_PER_S, label, color, low=total / _CLOSE < at < total)


def _mark(axes: Axes, at: float, height_s: float, label: str, color: str, *, low: bool) -> None:
    """A point with its value: right below the curve near the left edge, left above it elsewhere.

    A `low` one has the label of the maximum where its own would be, and goes below its point.
    """
    axes.plot([at], [height_s], "o", color=color, markersize=5)
    offset, side = ((8, -11), "left") if at < 10 else ((-7, -15 if low else 8), "right")
    words = f"{label}  {EngFormatter(unit='s')(float(f'{height_s:.4g}'))}"
    axes.annotate(words, (at, height_s), offset, textcoords="offset points", ha=side)


def _percentile_axis(axes: Axes, count: int) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1, 1.15 * count)
    nines = int(np.log10(count))
    axes.xaxis.set_major_locator(FixedLocator([1.0, 2.0, *(10.0**n for n in range(1, nines + 1))]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    axes.set_xlabel("percentile of messages")


def _percent(position: float, _index: int | None = None) -> str:
    if position <= 2:
        return "0 %" if position < 2 else "50 %"
    nines = round(float(np.log10(position)))
    return f"{100 - 100 / 10**nines:.{max(nines - 2, 0)}f} %"


def _minor_seconds(value: float, _index: int | None = None) -> str:
    digit = round(value / 10 ** np.floor(np.log10(value))) if value > 0 else 0
    return str(EngFormatter(unit="s")(value)) if digit in {2, 5} else ""


def _bins(time_ns: Int64s, spread: Int64s) -> tuple[NDArray[np.float64], Int64s, NDArray[np.float64]]:
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
    return time_ns[last] / _NS_PER_S, last.astype(np.int64), bands


def time_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """An axis of the time of day between two times in seconds after midnight, with round ticks."""
    span = max(last_s - first_s, 0.001)
    step = next((step for step in _STEPS_S if span / step <= (8 if step >= 60 else 6)), _STEPS_S[-1])
    ticks = np.arange(np.ceil(first_s / step), np.floor(last_s / step) + 1) * step
    axes.set_xlim(first_s, first_s + span)
    axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _=None: _clock(seconds, step)))
    axes.set_xlabel("time of day")


def _clock(seconds: float, step: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"
    if step >= 60:
        return text
    return f"{text}:{rest:02.0f}" if step >= 1 else f"{text}:{rest:06.3f}"


def _thousands(value: float, _index: int | None = None) -> str:
    return f"{value:,.0f}"


def _rate(msg_s: int) -> str:
    return f"{EngFormatter(places=1)(msg_s)} msg/s"
