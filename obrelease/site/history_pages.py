"""Pages of histories: the overview with a sparkline each, and a page with a chart for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from obrelease.analysis.history.bridge_text import bridge_lines
from obrelease.analysis.history.metric_history import HistoryStep, MetricHistory
from obrelease.analysis.summary.readable_values import readable
from obrelease.models.finding import printable
from obrelease.site.assets import chart_script, chart_style, overview_script, site_style
from obrelease.site.comparison_pages import ComparisonPage
from obrelease.site.label_filter import label_options, labels_of, option_text
from obrelease.site.templating import render, script_data
from obrelease.site.texts import SHORT_COMMIT, measured_text, short_run
from obrelease.storage.hashing import digest_bytes

POINTS_PER_PAGE: Final = 5_000
"""Older points are on pages of their own, so that a page opens at once."""

TABLE_ROWS: Final = 100
_SPARK_POINTS: Final = 60
_MOST_LINE_POINTS: Final = 1_000
_FILE_DIGITS: Final = 16
_MINUTE_NS: Final = 60 * 10**9
_WHOLE_BELOW: Final = 10**15
_MARKS: Final = {"worse": "▲ worse", "better": "▼ better", "changed": "◆ changed"}

ReasonOf = Callable[[MetricHistory, HistoryStep], str | None]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A history, the name of its file, and why its steps are accepted."""

    history: MetricHistory
    file: str
    reasons: tuple[str | None, ...]


def history_page(history: MetricHistory, reason_of: ReasonOf) -> HistoryPage:
    """Name the page of a history by what identifies it, whatever other histories there are."""
    series = history.series
    identity = "\0".join(
        (series.kind, series.scenario, series.core, series.variant, series.machine, series.metric_id)
    )
    name = digest_bytes(identity.encode("utf-8", "surrogatepass"))[:_FILE_DIGITS]
    return HistoryPage(history, f"{name}.html", tuple(reason_of(history, step) for step in history.steps))


def pages_by_run(pages: Sequence[HistoryPage]) -> dict[str, list[HistoryPage]]:
    """The pages of the histories that a run is a point of, by its digest."""
    found: dict[str, list[HistoryPage]] = {}
    for page in pages:
        for point in page.history.points:
            for run in point.runs:
                found.setdefault(run.digest, []).append(page)
    return found


def overview(
    pages: Sequence[HistoryPage],
    *,
    project: str,
    runs: int,
    comparisons: Sequence[ComparisonPage] = (),
    has_releases: bool = False,
) -> bytes:
    """The page of all histories, those that changed most first, with links to comparisons and releases."""
    cards, machines, labels = ordered_cards(pages)
    return render(
        "overview.html.jinja",
        style=site_style(),
        script=overview_script(),
        up="",
        project=project,
        title=f"{project}: histories",
        histories=cards,
        machines=machines,
        labels=labels,
        comparisons=comparisons,
        has_releases=has_releases,
        runs=runs,
    )


def ordered_cards(pages: Sequence[HistoryPage]) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """The cards of all histories, those that changed most first; the machines by name; the labels of runs."""
    machines = sorted({printable(page.history.series.machine) for page in pages})
    options = label_options([page.history for page in pages])
    cards = [
        _card(page) | {"labels": labels_of(page.history, options)} for page in sorted(pages, key=_urgency)
    ]
    return cards, machines, [option_text(label) for label in options]


def history_summary(page: HistoryPage) -> dict[str, Any]:
    """A history as a section of the report: a line, its changes and remarks."""
    history, series = page.history, page.history.series
    values = [point.value for point in history.points]
    count = len(values)

    def x(at: int) -> str:
        return f"{5 + 590 * at / max(1, count - 1):.1f}"

    return {
        "id": page.file.removesuffix(".html"),
        "name": printable(series.name),
        "where": _where(history),
        "commits": count,
        "newest": readable(values[-1], series.unit),
        "digest": history.points[-1].runs[-1].digest,
        "points": _line(values),
        "steps": [{"x": x(step.index), "verdict": step.verdict} for step in history.steps],
        "breaks": [x(at) for at in history.breaks],
        "bridges": [x(bridge.index) for bridge in history.bridges],
        "first": _commit(history, 0),
        "last": _commit(history, count - 1),
        "low": readable(min(values), series.unit),
        "high": readable(max(values), series.unit),
        "label": f"{printable(series.name)}: {count} commits",
        "changes": _changes(page),
        "remarks": _remarks(history),
    }


def _line(values: Sequence[float]) -> str:
    """All points in a box of 600 x 130; of long series, the least and the largest of equal parts."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    last = max(1, len(values) - 1)
    chosen = list(range(len(values)))
    if len(chosen) > _MOST_LINE_POINTS:
        chosen = []
        parts = _MOST_LINE_POINTS // 2
        for part in range(parts):
            piece = range(len(values) * part // parts, len(values) * (part + 1) // parts)
            chosen += sorted({min(piece, key=values.__getitem__), max(piece, key=values.__getitem__)})
    return " ".join(f"{5 + 590 * at / last:.1f},{92 - 72 * (values[at] - low) / span:.1f}" for at in chosen)


def _changes(page: HistoryPage) -> list[dict[str, Any]]:
    steps = zip(page.history.steps, page.reasons, strict=True)
    return [_change(page.history, step, reason) for step, reason in steps][::-1]


def history_files(page: HistoryPage, *, project: str, releases: Mapping[str, str]) -> dict[str, bytes]:
    """The page of a history, and one for each part that is older than the newest points.

    Args:
        releases: names of releases by their commit.
    """
    count = len(page.history.points)
    edges = list(range(count, 0, -POINTS_PER_PAGE))
    names = [page.file] + [
        f"{page.file.removesuffix('.html')}-{part}.html" for part in range(2, len(edges) + 1)
    ]
    files = {}
    for part, end in enumerate(edges):
        begin = max(0, end - POINTS_PER_PAGE)
        older = [{"file": names[part + 1]}] if part + 1 < len(names) else []
        files[names[part]] = _page(page, begin, end, older, project=project, releases=releases)
    return files


def _page(
    page: HistoryPage,
    begin: int,
    end: int,
    parts: Sequence[Mapping[str, str]],
    *,
    project: str,
    releases: Mapping[str, str],
) -> bytes:
    history, series = page.history, page.history.series
    points = history.points[begin:end]
    better = {"lower": "lower is better", "higher": "higher is better"}.get(series.direction or "", "")
    data = {
        "unit": printable(series.unit),
        "commit": "".join((point.commit or "")[:SHORT_COMMIT].ljust(SHORT_COMMIT) for point in points),
        "measured": _differences([point.created_ns // _MINUTE_NS for point in points]),
        "value": [_drawn(point.value) for point in points],
        "low": [_drawn(point.low) for point in points],
        "high": [_drawn(point.high) for point in points],
        "run": "".join(short_run(point.runs[-1].digest) for point in points),
        "steps": [[step.index - begin, step.verdict] for step in history.steps if begin <= step.index < end],
        "breaks": [at - begin for at in history.breaks if begin <= at < end],
        "bridges": [b.index - begin for b in history.bridges if begin <= b.index < end],
        "releases": [
            [at, printable(releases[point.commit])]
            for at, point in enumerate(points)
            if point.commit is not None and point.commit in releases
        ],
    }
    return render(
        "history.html.jinja",
        style=chart_style(),
        script=chart_script(),
        up="../",
        project=project,
        title=f"{printable(series.name)} - {project}",
        name=printable(series.name),
        where=_where(history),
        better=better,
        points=points,
        total=len(history.points),
        runs=sum(len(point.runs) for point in points),
        parts=parts,
        changes=_changes(page),
        remarks=_remarks(history),
        rows=[_row(history, point) for point in points[-TABLE_ROWS:][::-1]],
        data=script_data(data),
    )


def _differences(values: Sequence[int]) -> list[int]:
    """The first value, then the steps from each to the next: shorter than the values themselves."""
    return [*values[:1], *(after - before for before, after in pairwise(values))]


def _drawn(value: float | None) -> float | int | None:
    """A value of a chart to seven digits; whole numbers without a point."""
    if value is None:
        return None
    rounded = float(f"{value:.7g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < _WHOLE_BELOW else rounded


def _urgency(page: HistoryPage) -> tuple[int, float, str, str]:
    """Open steps to worse values first, then other steps, each by size; then by name."""
    history = page.history
    if not history.steps:
        return 2, 0.0, history.series.name, page.file
    step, reason = history.steps[-1], page.reasons[-1]
    ratio = step.step.ratio
    size = abs(math.log(ratio)) if ratio is not None and ratio > 0 else math.inf
    return int(step.verdict != "worse" or reason is not None), -size, history.series.name, page.file


def _card(page: HistoryPage) -> dict[str, Any]:
    history, series = page.history, page.history.series
    values = [point.value for point in history.points]
    step = history.steps[-1] if history.steps else None
    return {
        "file": page.file,
        "name": printable(series.name),
        "machine": printable(series.machine),
        "where": _where(history),
        "newest": readable(values[-1], series.unit),
        "points": _polyline(values),
        "step_x": None if step is None else f"{100 * step.index / len(values):.1f}",
        "verdict": step.verdict if step else "",
        "change": f"{_MARKS[step.verdict]} {_ratio(step)}" if step else "",
        "label": f"{printable(series.name)}: {len(values)} commits",
        "bridged": bool(history.bridges),
    }


def _polyline(values: Sequence[float]) -> str:
    """At most sixty points in a box of 100 x 20: of longer series, the median of equal parts."""
    parts = min(_SPARK_POINTS, len(values))
    medians = []
    for part in range(parts):
        piece = sorted(values[len(values) * part // parts : len(values) * (part + 1) // parts])
        medians.append(piece[(len(piece) - 1) // 2])
    low, high = min(medians), max(medians)
    span = (high - low) or 1.0
    step = 100 / max(1, parts - 1)
    return " ".join(
        f"{number * step:.1f},{19 - 18 * (value - low) / span:.1f}" for number, value in enumerate(medians)
    )


def _where(history: MetricHistory) -> str:
    series = history.series
    what = " ".join(filter(None, (series.kind, series.scenario, series.core)))
    return printable(f"{what} on {series.machine}{f' {series.parameters}' if series.parameters else ''}")


def _change(history: MetricHistory, step: HistoryStep, reason: str | None) -> dict[str, Any]:
    low, index, high = (_commit(history, at) for at in (step.low, step.index, step.high))
    each = step.step
    interval = f"{each.ratio_low:.3f} to {each.ratio_high:.3f}" if each.ratio_low and each.ratio_high else "-"
    return {
        "verdict": step.verdict,
        "mark": _MARKS[step.verdict],
        "ratio": _ratio(step),
        "interval": interval,
        "commit": index,
        "run": short_run(history.points[step.index].runs[-1].digest),
        "range": index if step.low == step.high else f"{low}..{high}",
        "errors": f"{each.standard_errors:.1f}",
        "fresh": each.fresh,
        "reason": printable(reason) if reason else None,
    }


def _ratio(step: HistoryStep) -> str:
    each = step.step
    return f"{each.ratio:.3f}x" if each.ratio is not None else f"{each.before:.4g} to {each.after:.4g}"


def _commit(history: MetricHistory, at: int) -> str:
    return (history.points[at].commit or "unknown")[:SHORT_COMMIT]


def _remarks(history: MetricHistory) -> list[str]:
    lines = [
        f"Drift: {ratio:.3f} times from {_commit(history, first)} to {_commit(history, last)}, slowly."
        for first, last, ratio in history.drifts()
    ]
    if (undecided := history.undecided) is not None:
        index, possible = undecided
        lines.append(
            f"Possible: a change since {_commit(history, index)};"
            f" {possible.more_points} more runs would decide."
        )
    return lines + [printable(line) for line in bridge_lines(history)]


def _row(history: MetricHistory, point: Any) -> dict[str, Any]:
    unit = history.series.unit
    interval = "" if point.low is None else f"{readable(point.low, unit)} to {readable(point.high, unit)}"
    return {
        "commit": (point.commit or "-")[:SHORT_COMMIT],
        "measured": measured_text(point.created_ns),
        "value": readable(point.value, unit),
        "interval": interval,
        "runs": [short_run(run.digest) for run in point.runs],
    }
