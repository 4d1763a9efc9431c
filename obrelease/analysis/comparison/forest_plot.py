"""The forest plot of a comparison: a ratio with its interval for each row, changed rows first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.plots.colours import GREEN, MUTED, PURPLE, TEXT, VERMILLION
from obrelease.analysis.plots.picture_text import PictureText, one_line
from obrelease.analysis.plots.style import ImageFormat, draw, new_axes
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive

MAX_ROWS: Final = 40

_MAX_NAME: Final = 44
_ORDER: Final = (Verdict.WORSE, Verdict.CHANGED, Verdict.BETTER, Verdict.INCONCLUSIVE, Verdict.SAME)
_MARKS: Final = {
    Verdict.WORSE: ("^", VERMILLION),
    Verdict.BETTER: ("v", GREEN),
    Verdict.CHANGED: ("D", PURPLE),
    Verdict.SAME: ("o", MUTED),
    Verdict.INCONCLUSIVE: ("o", MUTED),
}
_ROW_IN: Final = 0.27
_COMMIT_DIGITS: Final = 9
_LINEAR_UP_TO: Final = 4.0
_POWERS_OF_TWO_UP_TO: Final = 300.0
_LEAST_REACH: Final = math.log(1.02)
_MOST_REACH: Final = math.log(1e6)
"""Intervals that are wider are cut at the edge of the axis."""


def forest(
    comparison: Comparison,
    *,
    title: str,
    names: tuple[str, str] = ("", ""),
    image_format: ImageFormat = "svg",
) -> bytes:
    """Draw the ratios of head over base, on a log axis around no change.

    Rows that changed come first, the largest change at the top; at most `MAX_ROWS` rows are drawn, and the
    rest is counted below. Each verdict has a mark of its own, so that it does not depend on colours.

    Args:
        comparison: with at least one row that has a ratio.
        title: above the plot.
        names: of the releases of both sides, for the legend; empty for other runs.
        image_format: `svg`, `png` or `pdf`.

    Raises:
        Inconclusive: no row has a ratio.
    """
    rows = sorted(_rows(comparison), key=_position)
    if not rows:
        raise Inconclusive("no row has a ratio to draw", hint="leave the plot out")
    shown = rows[:MAX_ROWS]
    text = PictureText(title, _description(rows, shown))

    def build() -> Figure:
        figure, (axes,) = new_axes(1.9 + _ROW_IN * len(shown), title)
        reach = _reach(shown)
        for place, row in enumerate(shown):
            _draw_row(axes, place, row, reach)
        axes.axvline(0.0, color=TEXT, linewidth=0.9)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(-reach, reach)
        _name_rows(axes, shown)
        axes.xaxis.set_major_locator(FixedLocator([math.log(ratio) for ratio in _ticks(reach)]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _=None: f"{math.exp(at):.5g}"))
        rest = len(rows) - len(shown)
        axes.set_xlabel(
            "head / base, with its interval" + (f"; {rest} more rows are not drawn" if rest else "")
        )
        axes.grid(visible=True, axis="x")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        _legend(axes, comparison, shown, names)
        return figure

    return draw(build, image_format, text=text)


def _rows(comparison: Comparison) -> list[MetricComparison]:
    """Rows with a ratio above zero that were tested, or are headlines of primary metrics."""
    return [
        row
        for row in comparison.metrics
        if (row.p_adjusted is not None or (row.headline and row.primary))
        and row.ratio is not None
        and 0 < row.ratio < math.inf
        and (row.headline or row.decision.verdict in _ORDER[:3])
    ]


def _position(row: MetricComparison) -> tuple[int, float]:
    return _ORDER.index(row.decision.verdict), -abs(math.log(row.ratio or 1.0))


def _reach(rows: Sequence[MetricComparison]) -> float:
    """Half the width of the axis: all ratios, and intervals as far as they are not many times wider."""
    ratios = max(abs(math.log(row.ratio or 1.0)) for row in rows)
    ends = max(
        (abs(math.log(end)) for row in rows for end in (row.low, row.high) if end and 0 < end < math.inf),
        default=0.0,
    )
    return min(1.1 * max(ratios, min(ends, 4 * max(ratios, _LEAST_REACH)), _LEAST_REACH), _MOST_REACH)


def _ticks(reach: float) -> list[float]:
    """Round ratios within the axis: evenly spaced ones, or powers on a wide axis."""
    low, high = math.exp(-reach), math.exp(reach)
    if high <= _LINEAR_UP_TO:
        found = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        return [round(float(ratio), 9) for ratio in found if low <= ratio <= high and ratio > 0]
    base = 2.0 if high <= _POWERS_OF_TWO_UP_TO else 10.0
    most = int(reach / math.log(base))
    step = math.ceil(most / 4)
    return [base**power for power in range(-most // step * step, most + 1, step) if abs(power) <= most]


def _draw_row(axes: Axes, place: int, row: MetricComparison, reach: float) -> None:
    mark, color = _MARKS[row.decision.verdict]
    at = min(max(math.log(row.ratio or 1.0), -reach), reach)
    if row.low is not None and row.high is not None:
        low = math.log(row.low) if row.low > 0 else -reach
        high = math.log(row.high) if 0 < row.high < math.inf else reach
        axes.plot([max(low, -reach), min(high, reach)], [place, place], color=color, linewidth=1.6)
    face = "none" if row.decision.verdict is Verdict.INCONCLUSIVE else color
    axes.plot([at], [place], mark, color=color, markerfacecolor=face, markersize=6.5, zorder=3)


def _name_rows(axes: Axes, rows: Sequence[MetricComparison]) -> None:
    """Names on the left, and the ratio on the right of each row."""
    places = [float(place) for place in range(len(rows))]
    axes.set_yticks(places, labels=[_cut(row.name) for row in rows])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    right = axes.secondary_yaxis("right")
    right.yaxis.set_major_locator(FixedLocator(places))
    right.yaxis.set_minor_locator(NullLocator())
    right.yaxis.set_major_formatter(
        FuncFormatter(
            lambda at, _=None: f"{rows[round(at)].ratio:.3f}  {rows[round(at)].decision.verdict.label}"
        )
    )
    right.tick_params(axis="y", length=0)
    right.spines["right"].set_visible(False)


def _legend(
    axes: Axes, comparison: Comparison, rows: Sequence[MetricComparison], names: tuple[str, str]
) -> None:
    """The two sides with their commits, and the marks that occur."""
    seen = [verdict for verdict in _ORDER if any(row.decision.verdict is verdict for row in rows)]
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=_MARKS[verdict][0],
            color=_MARKS[verdict][1],
            markerfacecolor="none" if verdict is Verdict.INCONCLUSIVE else _MARKS[verdict][1],
            label=verdict.label,
        )
        for verdict in seen
    ]
    base, head = (
        side_text(runs, name) for runs, name in zip((comparison.base, comparison.head), names, strict=True)
    )
    sides = f"base {base}; head {head}"
    legend = axes.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(handles),
        borderaxespad=0.2,
        title=sides,
        title_fontsize=9,
        alignment="right",
    )
    legend.get_title().set_parse_math(False)


def side_text(runs: Sequence[Run], name: str = "") -> str:
    """The release and the commits of a side, and how many runs it has: `v1.2, 1c9f2ab3d (6 runs)`."""
    commits = sorted({run.commit[:_COMMIT_DIGITS] for run in runs if run.commit})
    named = f"{commits[0]} " if len(commits) == 1 else f"{len(commits)} commits " if commits else ""
    counted = f"{len(runs)} run{'s' if len(runs) != 1 else ''}"
    text = f"{named}({counted})" if named else counted
    return f"{one_line(name)}, {text}" if name else text


def _description(rows: Sequence[MetricComparison], shown: Sequence[MetricComparison]) -> str:
    counts = [(sum(row.decision.verdict is verdict for row in rows), verdict.label) for verdict in _ORDER]
    sentences = [
        "Ratios of head over base with intervals: "
        + ", ".join(f"{n} {what}" for n, what in counts if n)
        + "."
    ]
    sentences += [
        f"{_cut(row.name)}: {row.ratio:.3f}, {row.decision.verdict.label}."
        for row in shown
        if row.decision.verdict in _ORDER[:3]
    ]
    return " ".join(sentences)


def _cut(name: str) -> str:
    """The name for display: one line, its middle left out if it is long."""
    plain = one_line(name)
    if len(plain) <= _MAX_NAME:
        return plain
    head = (_MAX_NAME - 1) * 2 // 3
    return f"{plain[:head]}…{plain[len(plain) - (_MAX_NAME - 1 - head) :]}"
