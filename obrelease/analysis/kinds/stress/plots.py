"""Plots of stress runs: throughput by scale, and latency against offered load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_low

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, NullLocator

from obrelease.analysis.kinds.stress.tables import LoadRow
from obrelease.analysis.plots.axes import NS_PER_S
from obrelease.analysis.plots.colours import BAND_ALPHA, BLUE, GREEN, MUTED, OLIVE, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes


def throughput_by_scale(
    rates_msg_s: Mapping[int, Sequence[int]], *, title: str, image_format: ImageFormat = "svg"
) -> bytes:
    """Throughput of every pass at each scale, the spread as a bar, the median as a line, from zero.

    Args:
        rates_msg_s: messages per second of each pass, by scale; at least one each.
        title: above the plot.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(3.6, title)
        scales = sorted(rates_msg_s)
        places = np.arange(len(scales))
        medians = [median_low(rates_msg_s[scale]) for scale in scales]
        low = [min(rates_msg_s[scale]) for scale in scales]
        high = [max(rates_msg_s[scale]) for scale in scales]
        axes.vlines(places, low, high, color=BLUE, linewidth=9, alpha=BAND_ALPHA, label="least to most")
        axes.plot(places, medians, "o", color=VERMILLION, markersize=7, label="median", zorder=3)
        for place, scale in zip(places, scales, strict=True):
            passes = rates_msg_s[scale]
            axes.plot([place] * len(passes), passes, "_", color=BLUE, markersize=12)
            axes.annotate(
                EngFormatter(places=1)(medians[int(place)]),
                (float(place), medians[int(place)]),
                (12, -4),
                textcoords="offset points",
            )
        axes.set_ylim(0, 1.15 * max(high))
        axes.set_xlim(-0.5, len(scales) - 0.3)
        axes.xaxis.set_major_locator(FixedLocator([float(place) for place in places]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _=None: f"x{scales[round(at)]:,}"))
        axes.yaxis.set_major_formatter(EngFormatter())
        axes.set_xlabel("scale")
        axes.set_ylabel("throughput, messages/s")
        axes.grid(visible=True, axis="y")
        legend_above(axes, 2)
        return figure

    return draw(build, image_format)


def latency_against_load(
    loads: Sequence[LoadRow], *, knee_msg_s: int, title: str, image_format: ImageFormat = "svg"
) -> bytes:
    """Response time percentiles at each offered load, the knee marked.

    The band is the response time of an undisturbed machine, computed from the service times: what is above it
    was lost to the machine, not to the queue.

    Args:
        loads: the sweep, lowest load first, at least one.
        knee_msg_s: the last load before the knee, 0 where there is none.
        title: above the plot.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (axes,) = new_axes(4.6, title)
        offered = [load.offered_msg_s for load in loads]
        lines = (
            ("response p99.9", [load.response_p999_ns for load in loads], VERMILLION, "^"),
            ("response p99", [load.response_p99_ns for load in loads], OLIVE, "s"),
            ("response p50", [load.response_p50_ns for load in loads], BLUE, "o"),
        )
        axes.fill_between(
            offered,
            _seconds([load.modelled_p50_ns for load in loads]),
            _seconds([load.modelled_p99_ns for load in loads]),
            color=GREEN,
            alpha=BAND_ALPHA,
            linewidth=0,
            label="undisturbed, p50 to p99",
        )
        for name, values_ns, color, marker in lines:
            seconds = _seconds(values_ns)
            axes.plot(offered, seconds, marker=marker, markersize=5, color=color, label=name)
        if knee_msg_s:
            axes.axvline(knee_msg_s, color=MUTED, linewidth=1.2, linestyle=":", label="knee")
        axes.set_yscale("log")
        axes.set_xlim(0, 1.04 * max(offered))
        axes.yaxis.set_major_formatter(EngFormatter(unit="s"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(EngFormatter())
        axes.set_xlabel("offered load, messages/s")
        axes.set_ylabel("time per message")
        axes.grid(visible=True)
        legend_above(axes, 3)
        return figure

    return draw(build, image_format)


def _seconds(values_ns: Sequence[int]) -> list[float]:
    """Seconds, at least one nanosecond: the axis is logarithmic."""
    return [max(value, 1) / NS_PER_S for value in values_ns]
