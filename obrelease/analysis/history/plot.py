"""The plot of a history: values by commit with their intervals, levels, steps and breaks."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from obrelease.analysis.history.metric_history import MetricHistory, Stretch
from obrelease.analysis.plots.colours import BLUE, GREEN, MUTED, TEXT, VERMILLION
from obrelease.analysis.plots.picture_text import PictureText
from obrelease.analysis.plots.style import ImageFormat, draw, legend_above, new_axes
from obrelease.analysis.summary.readable_values import readable

_COLOURS: Final = {"worse": VERMILLION, "better": GREEN, "changed": TEXT}
_DASHES: Final = {"worse": "-", "better": "--", "changed": "-."}
_COMMIT_DIGITS: Final = 8


def history_plot(history: MetricHistory, *, image_format: ImageFormat = "svg") -> bytes:
    """Draw one history; the same bytes for the same data."""

    def build() -> Figure:
        series = history.series
        figure, (axes,) = new_axes(4.2, f"{series.name} on {series.machine}")
        _draw_points(axes, history)
        for stretch in history.stretches:
            _draw_levels(axes, history, stretch)
        named: set[str] = set()
        for step in history.steps:
            label = None if step.verdict in named else step.verdict
            named.add(step.verdict)
            dashes = _DASHES[step.verdict]
            color = _COLOURS[step.verdict]
            axes.axvline(step.index - 0.5, color=color, linestyle=dashes, linewidth=1.2, label=label)
        for number, at in enumerate(history.breaks):
            axes.axvline(
                at - 0.5,
                color=MUTED,
                linestyle=":",
                label=None if number else "compiler or interpreter changed",
            )
        for number, bridge in enumerate(history.bridges):
            axes.axvline(
                bridge.index - 0.5,
                color=MUTED,
                linestyle=(0, (8, 3)),
                label=None if number else "the same, bridged",
            )
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(float(value), series.unit)))
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _commit_at(history, at)))
        axes.set_xlabel("commit, in the order of the repository")
        axes.grid(axis="y")
        legend_above(axes, 5)
        return figure

    title = f"{history.series.name} on {history.series.machine}"
    return draw(build, image_format, text=PictureText(title, _description(history)))


def _description(history: MetricHistory) -> str:
    values = [point.value for point in history.points]
    unit = history.series.unit
    sentences = [
        f"{len(values)} commits, {readable(min(values), unit)} to {readable(max(values), unit)},"
        f" the newest {readable(values[-1], unit)}."
    ]
    for step in history.steps:
        commit = _commit_at(history, step.index) or "an unknown commit"
        ratio = "" if step.step.ratio is None else f", {step.step.ratio:.3f} times"
        sentences.append(f"{step.verdict.capitalize()} since {commit}{ratio}.")
    return " ".join(sentences)


def _draw_points(axes: Axes, history: MetricHistory) -> None:
    at = np.arange(len(history.points))
    values = np.array([point.value for point in history.points])
    low = np.array([point.value if point.low is None else point.low for point in history.points])
    high = np.array([point.value if point.high is None else point.high for point in history.points])
    if (high > low).any():
        axes.vlines(at, low, high, color=BLUE, alpha=0.35, linewidth=1.5, label="interval")
    axes.plot(at, values, "o", markersize=3, color=BLUE, label="median of a commit's runs")


def _draw_levels(axes: Axes, history: MetricHistory, stretch: Stretch) -> None:
    if stretch.changes is None:
        return
    steps = [step for step in history.steps if stretch.begin <= step.index < stretch.end]
    edges = [stretch.begin, *(step.index for step in steps), stretch.end]
    levels = [steps[0].step.before, *(step.step.after for step in steps)] if steps else []
    levels = levels or [stretch.changes.levels[0][1]]
    for begin, end, level in zip(edges, edges[1:], levels, strict=False):
        cuts = [begin, *(bridge.index for bridge in stretch.bridges if begin < bridge.index < end), end]
        for left, right in pairwise(cuts):
            axes.hlines(level / stretch.factor(left), left - 0.5, right - 0.5, color=TEXT, linewidth=1.2)


def _commit_at(history: MetricHistory, at: float) -> str:
    index = round(at)
    if index != at or not 0 <= index < len(history.points):
        return ""
    return (history.points[index].commit or "")[:_COMMIT_DIGITS]
