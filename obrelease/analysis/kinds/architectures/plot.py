"""The plot of architectures: throughput of each with its spread, and busy time of each stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, NullLocator

from obrelease.analysis.plots.axes import whole_number
from obrelease.analysis.plots.colours import BAND_ALPHA, BLUE, PALETTE, VERMILLION
from obrelease.analysis.plots.style import ImageFormat, draw, is_asked_for, legend_above, new_axes

_MARKS: Final = ("o", "s", "^", "D", "v", "P")


def architectures_compared(
    rates_msg_s: Mapping[str, Sequence[int]],
    stages_ns: Mapping[str, Mapping[str, int]],
    *,
    title: str,
    image_format: ImageFormat = "svg",
) -> bytes:
    """Throughput of every pass above, the stages' busy time for each message below, both logarithmic.

    A bar has no meaning on a logarithmic axis; pictures that are asked for (`picture_options`) have marks.

    Args:
        rates_msg_s: messages per second of each pass, by architecture, at least one each.
        stages_ns: nanoseconds for each message that each stage was busy, by architecture.
        title: above the plot.
        image_format: `svg` or `png`.
    """

    def build() -> Figure:
        figure, (rates, stages) = new_axes(6.0, title, rows=(1, 1))
        names = list(rates_msg_s)
        places = np.arange(len(names), dtype=float)
        low = [min(rates_msg_s[name]) for name in names]
        high = [max(rates_msg_s[name]) for name in names]
        middle = [median_low(rates_msg_s[name]) for name in names]
        rates.vlines(places, low, high, color=BLUE, linewidth=8, alpha=BAND_ALPHA, label="least to most")
        rates.plot(places, middle, "o", color=VERMILLION, markersize=6, label="median")
        for place, value in zip(places, middle, strict=True):
            words = EngFormatter(places=1)(value)
            rates.annotate(words, (float(place), value), (9, -4), textcoords="offset points", fontsize=9)
        rates.set_yscale("log")
        rates.set_ylim(min(low) / 2, max(high) * 2)
        rates.yaxis.set_major_formatter(EngFormatter())
        rates.yaxis.set_minor_locator(NullLocator())
        rates.set_ylabel("messages/s")
        rates.grid(visible=True, axis="y")
        rates.tick_params(axis="x", labelbottom=False)
        legend_above(rates, 2)
        kinds = list(dict.fromkeys(stage for busy_ns in stages_ns.values() for stage in busy_ns))
        width = 0.8 / len(kinds)
        for number, (stage, color, mark) in enumerate(zip(kinds, PALETTE, _MARKS, strict=False)):
            here = [
                (place, stages_ns[name][stage])
                for place, name in zip(places, names, strict=True)
                if stage in stages_ns[name]
            ]
            at = [place + (number - (len(kinds) - 1) / 2) * width for place, _ in here]
            busy = [max(value, 1) for _, value in here]
            if is_asked_for():
                stages.plot(at, busy, mark, color=color, markersize=6.5, label=stage)
            else:  # recorded plots stay as they are: they are drawn again and compared
                stages.bar(at, busy, width=0.9 * width, color=color, label=stage)
        stages.set_yscale("log")
        stages.set_ylim(bottom=3)
        stages.yaxis.set_major_formatter(FuncFormatter(whole_number))
        stages.yaxis.set_minor_locator(NullLocator())
        stages.set_ylabel("busy, ns per message")
        stages.grid(visible=True, axis="y")
        stages.set_xlim(-0.6, len(names) - 0.2)
        stages.xaxis.set_major_locator(FixedLocator(places.tolist()))
        stages.xaxis.set_major_formatter(
            FuncFormatter(lambda at, _=None: names[round(at)].replace("-", "\n"))
        )
        stages.tick_params(axis="x", labelsize=9)
        stages.set_xlabel("architecture")
        legend_above(stages, len(kinds))
        return figure

    return draw(build, image_format)
