"""Histories as text: a sparkline and a line for each commit, or a line for each metric."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from obrelease.analysis.history.bridge_text import bridge_lines
from obrelease.analysis.summary.readable_values import readable
from obrelease.cli.console.marks import change_mark, marked
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import prose, table
from obrelease.cli.rendering.run_details import instant, short_commit
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.history.metric_history import HistoryStep, MetricHistory
    from obrelease.api.history_gate import HistoryGateReport
    from obrelease.api.read_history import HistoryReport

SPARK_WIDTH: Final = 40
_NAMED_HISTORIES: Final = 5
_BARS: Final = "▁▂▃▄▅▆▇█"
_POINT_HEADER: Final = ("commit", "measured", "value", "interval", "runs", "")
_CSV_HEADER: Final = (
    "kind", "scenario", "core", "metric", "unit", "machine", "commit", "created_ns", "value", "low", "high",
    "runs",
)  # fmt: skip


def history_text(report: HistoryReport, *, last: int | None) -> str:
    """Every history in full.

    Args:
        last: show only so many of the newest commits; None for all.
    """
    return "\n\n".join(_one(report, history, last) for history in report.histories)


def overview_text(report: HistoryReport) -> str:
    """A line for each history: its sparkline, the newest value and the last change."""
    heading, workload = _workload_column(report)
    rows = [
        [
            printable(history.series.name),
            *workload(history),
            printable(history.series.machine),
            sparkline([point.value for point in history.points]),
            readable(history.points[-1].value, history.series.unit),
            str(len(history.points)),
            _last_change(report, history),
        ]
        for history in report.histories
    ]
    return table(
        rows,
        ["metric", *heading, "machine", "history", "newest", "commits", "last change"],
        optional=("machine", "commits", "history"),
        text="last change",
    )


def changes_text(report: HistoryReport) -> str:
    """Every step of every history, the newest last, with the commits around it."""
    heading, workload = _workload_column(report)
    rows = [
        [
            printable(history.series.name),
            *workload(history),
            printable(history.series.machine),
            _mark(step),
            _ratio(step),
            _range(history, step),
            _sureness(step),
            printable(report.reason_of(history, step) or "-"),
        ]
        for history in report.histories
        for step in history.steps
    ]
    return table(
        rows,
        ["metric", *heading, "machine", "change", "ratio (95 %)", "commits", "sureness", "accepted"],
        optional=("sureness", "machine"),
        text="commits",
    )


def unsearched_text(report: HistoryReport) -> str:
    """Which histories are too short to be searched, each with its runs and commits."""
    named = [
        f"{printable(each.series.name)} of {_workload(each)}"
        f" ({counted(each.runs, 'run')}, {counted(len(each.points), 'commit')})"
        for each in report.too_short[:_NAMED_HISTORIES]
    ]
    more = len(report.too_short) - len(named)
    rest = f" and {more} more" if more else ""
    return (
        f"{counted(len(report.too_short), 'history', 'histories')} not searched, which needs"
        f" {report.least_runs} runs without a break: {', '.join(named)}{rest}"
    )


def _workload(history: MetricHistory) -> str:
    series = history.series
    return printable(" ".join(filter(None, (series.scenario, series.core))))


def _workload_column(
    report: HistoryReport,
) -> tuple[tuple[str, ...], Callable[[MetricHistory], tuple[str, ...]]]:
    """The heading and the cells of the workloads; nothing if all histories have the same."""
    if len({(each.series.kind, _workload(each)) for each in report.histories}) < 2:
        return (), lambda _: ()
    return ("workload",), lambda history: (_workload(history),)


def history_gate_text(report: HistoryGateReport) -> str:
    """The change points of the guarded metrics, then the answer of the gate, its reasons and remarks."""
    steps = changes_text(report.report) if any(each.steps for each in report.report.histories) else ""
    lines = [f"gate: {marked(report.verdict)}", *(f"  {printable(reason)}" for reason in report.reasons)]
    lines += [f"note: {printable(remark)}" for remark in report.remarks]
    return "\n".join([steps, "", prose(lines)] if steps else [prose(lines)])


def csv_text(report: HistoryReport) -> str:
    """The points of all histories as RFC 4180 CSV with a header."""
    sink = StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for history in report.histories:
        series = history.series
        for point in history.points:
            cells = (
                *(series.kind, series.scenario, series.core, series.name, series.unit, series.machine),
                *(point.commit or "", str(point.created_ns), repr(point.value)),
                *("" if bound is None else repr(bound) for bound in (point.low, point.high)),
                str(len(point.runs)),
            )
            writer.writerow([_cell(cell) for cell in cells])
    return sink.getvalue()


def sparkline(values: Sequence[float], width: int = SPARK_WIDTH) -> str:
    """The values as bars from the least to the largest; of long series, the median of equal parts."""
    if not values:
        return ""
    parts = min(width, len(values))
    bounds = [len(values) * part // parts for part in range(parts + 1)]
    medians = [sorted(values[begin:end])[(end - begin - 1) // 2] for begin, end in pairwise(bounds)]
    low, high = min(medians), max(medians)
    if high <= low:
        return _BARS[0] * parts
    return "".join(_BARS[min(7, int((value - low) / (high - low) * 8))] for value in medians)


def _one(report: HistoryReport, history: MetricHistory, last: int | None) -> str:
    series = history.series
    where = " ".join(filter(None, (series.kind, series.scenario, series.core)))
    values = [point.value for point in history.points]
    better = {"lower": "lower is better", "higher": "higher is better"}.get(series.direction or "", "")
    lines = [
        printable(f"{series.name}  ({', '.join(filter(None, (where, better)))})"),
        printable(f"on {series.machine}: {counted(len(values), 'commit')}, {counted(history.runs, 'run')}"),
        f"{sparkline(values)}  {readable(min(values), series.unit)} to {readable(max(values), series.unit)}",
        "",
        table(
            list(_rows(report, history, last)),
            _POINT_HEADER,
            optional=("runs", "measured", "interval"),
            text="",
        ),
    ]
    lines += _remarks(history)
    return "\n".join(lines)


def _rows(report: HistoryReport, history: MetricHistory, last: int | None) -> Iterator[list[str]]:
    marks = {step.index: step for step in history.steps}
    toolchains = {stretch.begin: f"break: now {stretch.toolchain}" for stretch in history.stretches[1:]}
    toolchains |= {bridge.index: f"bridged: now {bridge.toolchain}" for bridge in history.bridges}
    first = max(0, len(history.points) - last) if last is not None else 0
    for number, point in enumerate(history.points[first:], first):
        step = marks.get(number)
        notes = []
        if number in toolchains:
            notes.append(f"── {printable(toolchains[number])}")
        if step is not None:
            reason = report.reason_of(history, step)
            notes.append(
                f"{_mark(step)} {_ratio(step)}" + (f", accepted: {printable(reason)}" if reason else "")
            )
        yield [
            short_commit(point.commit, point.runs[-1].dirty) or "-",
            instant(point.created_ns),
            readable(point.value, history.series.unit),
            _interval(point.low, point.high, history.series.unit),
            str(len(point.runs)),
            "; ".join(notes),
        ]


def _remarks(history: MetricHistory) -> list[str]:
    lines = []
    for first, end, ratio in history.drifts():
        begin, close = history.points[first], history.points[end]
        lines.append(
            f"drift: {ratio:.3f} times from {_commit(begin.commit)} to {_commit(close.commit)}, slowly"
        )
    if (undecided := history.undecided) is not None:
        index, possible = undecided
        ratio_text = "" if possible.ratio is None else f" to {possible.ratio:.3f} times"
        lines.append(
            f"possible: a change{ratio_text} since {_commit(history.points[index].commit)};"
            f" {counted(possible.more_points, 'more run')} would decide"
        )
    lines += [printable(line) for line in bridge_lines(history)]
    if all(stretch.changes is None for stretch in history.stretches):
        lines.append("too few runs to look for changes: at least 12 without a break are needed")
    return ["", *lines] if lines else []


def _last_change(report: HistoryReport, history: MetricHistory) -> str:
    if not history.steps:
        return "-"
    step = history.steps[-1]
    known = " (accepted)" if report.reason_of(history, step) else ""
    return f"{_mark(step)} {_ratio(step)} at {_commit(history.points[step.index].commit)}{known}"


def _mark(step: HistoryStep) -> str:
    return change_mark(step.verdict)


def _ratio(step: HistoryStep) -> str:
    each = step.step
    if each.ratio is None or each.ratio_low is None or each.ratio_high is None:
        return f"{each.before:.6g} to {each.after:.6g}"
    return f"{each.ratio:.4g}x ({each.ratio_low:.4g} to {each.ratio_high:.4g})"


def _range(history: MetricHistory, step: HistoryStep) -> str:
    first, index, last = (_commit(history.points[at].commit) for at in (step.low, step.index, step.high))
    return index if step.low == step.high else f"{index} (within {first}..{last})"


def _sureness(step: HistoryStep) -> str:
    sureness = f"{step.step.standard_errors:.1f} standard errors"
    return f"{sureness}, fresh" if step.step.fresh else sureness


def _commit(commit: str | None) -> str:
    return short_commit(commit, None) or "an unknown commit"


def _interval(low: float | None, high: float | None, unit: str) -> str:
    return "-" if low is None or high is None else f"{readable(low, unit)} to {readable(high, unit)}"


def _cell(text: str) -> str:
    shown = printable(text)
    return f"'{shown}" if shown.lstrip().startswith(("=", "+", "@")) else shown
