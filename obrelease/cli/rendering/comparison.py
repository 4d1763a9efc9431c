"""A comparison as text: one line per row, what is not covered, and the meaning of the columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from obrelease.analysis.summary.readable_values import percent, readable
from obrelease.cli.console.marks import marked
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import facts, prose, table
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.analysis.comparison.compare import Comparison, MetricComparison, ShiftPoint
    from obrelease.analysis.summary.run import Run
    from obrelease.api import ComparisonReport, GateReport

_MAX_RUNS_NAMED: Final = 12
_MAX_COVERAGE_LINES: Final = 50

_COLUMN_NOTES: Final = (
    "BASE, HEAD: geometric mean over the runs of a side; the mean if a value is zero or negative",
    "RATIO: head / base, with its interval from Welch's t over the runs",
    "P ADJUSTED: the share of divisions of the runs that give so large a change in any tested row",
    "DETECTABLE: the smallest change that these runs would show four times in five; - if a row is not"
    " tested (too few runs, or too few values beyond the percentile), or if no change could be found",
    "A/A: the 1st, 3rd, 5th, ... base run against the 2nd, 4th, 6th: the noise without any change; - with a"
    " single run as base",
)
"""What `-v` adds to a comparison: the meaning of its columns."""

_WHERE_COLUMNS_ARE_EXPLAINED: Final = "`obrelease diff --help` explains the columns"

_ROW_HEADER: Final = ("P ADJUSTED", "DETECTABLE", "A/A", "VERDICT")
_LESS_IMPORTANT: Final = ("A/A", "P ADJUSTED", "DETECTABLE")


def comparison_text(comparison: Comparison, *, every_row: bool = False, explained: bool = False) -> str:
    """The whole comparison, tables and notes.

    Args:
        every_row: list tails and spreads that did not change, and secondary metrics, as well.
        explained: say what the columns mean.
    """
    parts = _parts(comparison, every_row=every_row, explained=explained)
    return "\n\n".join(part for part in parts if part)


def comparison_report_text(
    report: ComparisonReport, *, every_row: bool = False, explained: bool = False
) -> str:
    """The comparison of two sides; for releases, one per scenario, then what was not compared."""
    if not report.between_releases:
        return comparison_text(report.single, every_row=every_row, explained=explained)
    sections = (
        f"== {printable(name)} ==\n\n{comparison_text(comparison, every_row=every_row, explained=explained)}"
        for name, comparison in report.comparisons
    )
    lines = "\n".join(f"not compared: {printable(line)}" for line in report.not_compared)
    return "\n\n".join(part for part in (*sections, lines) if part)


def gate_text(report: GateReport) -> str:
    """The comparisons behind a gate, then its answer and the reasons."""
    if report.passed and report.compared.between_releases and not report.compared.comparisons:
        return f"gate: {marked(report.verdict)}: {printable('; '.join(report.compared.not_compared))}"
    answer = prose(
        (f"gate: {marked(report.verdict)}", *(f"  {printable(reason)}" for reason in report.reasons))
    )
    return f"{comparison_report_text(report.compared)}\n\n{answer}".lstrip()


def _parts(comparison: Comparison, *, every_row: bool, explained: bool) -> Iterator[str]:
    yield facts([("base", _side(comparison.base)), ("head", _side(comparison.head))])
    yield "\n".join(f"NOT ALIKE, compared by force: {printable(str(each))}" for each in comparison.unlike)
    confidence = f"{100 * comparison.rules.confidence:g} % INTERVAL"
    shown = [metric for metric in comparison.metrics if every_row or _is_shown(metric)]
    reason = _common_reason(shown)
    yield table(
        [_metric(metric, with_reason=reason is None) for metric in shown],
        ("METRIC", "BASE", "HEAD", "RATIO", confidence, *_ROW_HEADER),
        optional=(*_LESS_IMPORTANT, confidence, "BASE", "HEAD"),
        text="VERDICT",
    )
    yield table(
        [
            (
                printable(mean.group) or "all",
                f"{mean.metrics} in {printable(mean.unit)}",
                _ratio(mean.ratio),
                _interval(mean.low, mean.high),
            )
            for mean in comparison.group_means
        ],
        ("GEOMETRIC MEAN", "METRICS", "RATIO", confidence),
    )
    for name in dict.fromkeys(point.histogram for point in comparison.shifts):
        points = [point for point in comparison.shifts if point.histogram == name]
        header = (printable(name).upper(), "BASE NS", "HEAD NS", "DIFFERENCE", "RATIO", confidence)
        yield table([_point(point) for point in points], header, optional=("DIFFERENCE", confidence))
    yield prose(list(_coverage(comparison, every_row=every_row)))
    notes = [] if reason is None else [f"every row: {reason}"]
    notes += [f"note: {printable(note)}" for note in comparison.notes]
    notes += _hidden(comparison.metrics, shown)
    columns = _COLUMN_NOTES if explained else (_WHERE_COLUMNS_ARE_EXPLAINED,)
    yield prose((*notes, _method(comparison), *columns))


def _is_shown(metric: MetricComparison) -> bool:
    """Whether a reader needs the row: locations, percentiles, and tails and spreads that changed."""
    changed = metric.decision.verdict in {"better", "worse", "changed"}
    return changed or (metric.headline and (metric.primary or metric.p_adjusted is not None))


def _hidden(metrics: Sequence[MetricComparison], shown: Sequence[MetricComparison]) -> Iterator[str]:
    known = {id(metric) for metric in shown}
    left = [metric for metric in metrics if id(metric) not in known]
    tails = sum(not metric.headline for metric in left)
    untested = sum(metric.headline and not metric.primary for metric in left)
    if tails:
        yield f"note: {counted(tails, 'row')} of tails and spreads without a proven change; --all lists them"
    if untested:
        counts = counted(untested, "secondary metric")
        yield f"note: {counts} (CPU times, counters) not tested; --all tests them"


def _coverage(comparison: Comparison, *, every_row: bool) -> Iterator[str]:
    coverage = comparison.coverage
    for what, entries in (
        ("only in the baseline", [(name, name) for name in coverage.only_in_base]),
        ("only in the candidate", [(name, name) for name in coverage.only_in_head]),
        ("not in every run", [(each.name, str(each)) for each in coverage.partial]),
        ("not comparable", [(name, f"{name}: {reason}") for name, reason in coverage.unlike]),
    ):
        lines = [line for name, line in entries if every_row or name not in coverage.secondary]
        yield from (f"{what}: {printable(line)}" for line in lines[:_MAX_COVERAGE_LINES])
        if len(lines) > _MAX_COVERAGE_LINES:
            yield f"{what}: {len(lines) - _MAX_COVERAGE_LINES} more; --json lists them"
        if left := len(entries) - len(lines):
            yield f"{what}: {counted(left, 'secondary metric')}; --all lists them"


def _method(comparison: Comparison) -> str:
    rules = comparison.rules
    methods = {metric.p_method for metric in comparison.metrics} - {None}
    divisions = (
        f"{rules.resamples:,} divisions of the {comparison.observations}, seed {rules.seed}"
        if "sampled" in methods
        else f"all divisions of the {comparison.observations}"
    )
    tested = sum(metric.p_adjusted is not None for metric in comparison.metrics)
    return f"{counted(tested, 'row')} tested together, {divisions}; level {100 * rules.alpha:g} %"


def _side(runs: Sequence[Run]) -> str:
    commits = sorted({run.commit[:9] for run in runs if run.commit})
    names = " ".join(run.digest[:12] for run in runs[:_MAX_RUNS_NAMED])
    more = f" and {len(runs) - _MAX_RUNS_NAMED} more" if len(runs) > _MAX_RUNS_NAMED else ""
    plural = "" if len(runs) == 1 else "s"
    return f"{len(runs)} run{plural}{', commit ' + ' '.join(commits) if commits else ''}: {names}{more}"


def _common_reason(shown: Sequence[MetricComparison]) -> str | None:
    """The reason why no row has an answer, to be said once; None for a single row, or if they differ."""
    decisions = {(metric.decision.verdict.label, metric.decision.reason) for metric in shown}
    (verdict, reason), *others = decisions or {("", "")}
    return reason if len(shown) > 1 and not others and verdict == "inconclusive" else None


def _metric(metric: MetricComparison, *, with_reason: bool) -> tuple[str, ...]:
    decision, smallest = metric.decision, metric.detectable_percent
    is_spread = metric.figure == "spread"
    base, head = (
        percent(value) if is_spread else readable(value, metric.unit) for value in (metric.base, metric.head)
    )
    return (
        f"{'' if metric.headline else '  '}{printable(metric.name)}",
        printable(base),
        printable(head),
        _ratio(metric.ratio),
        _interval(metric.low, metric.high),
        "-" if metric.p_adjusted is None else f"{metric.p_adjusted:.4f}",
        "-" if smallest is None else f"{smallest:.1f} %",
        "-" if metric.control_ratio is None else _ratio(metric.control_ratio),
        f"{marked(decision.verdict.label)}: {decision.reason}"
        if with_reason
        else marked(decision.verdict.label),
    )


def _point(point: ShiftPoint) -> tuple[str, ...]:
    return (
        f"p{100 * point.quantile:.10g}",
        _whole(point.base_ns),
        _whole(point.head_ns),
        f"{point.head_ns - point.base_ns:+,.0f}",
        _ratio(point.ratio),
        _interval(point.low, point.high),
    )


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{_ratio(low)} to {_ratio(high)}"


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    if not math.isfinite(ratio):
        return "infinite"
    return f"{ratio:.3f}" if 0.001 <= abs(ratio) < 1e6 else f"{ratio:.3g}"


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"
