"""A comparison as text: one line per metric, the ratio at each percentile, and the meaning of the columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from obrelease.cli.console.output import table
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.analysis.comparison.compare import Comparison, MetricComparison, ShiftPoint
    from obrelease.analysis.summary.run import Run
    from obrelease.api import ComparisonReport, GateReport

_MAX_RUNS_NAMED = 12

_COLUMN_NOTES = (
    "RATIO: head / base, the Hodges-Lehmann estimate on the log scale: the median over all pairs of a run of",
    "  each side, not the quotient of BASE and HEAD, which are the medians over the runs of a side",
    "DETECTABLE: the smallest change that these runs would show four times in five; - if a metric is not",
    "  tested (too few runs, or too few values beyond the percentile), or if no change could be found",
    "A/A: the 1st, 3rd, 5th, ... base run against the 2nd, 4th, 6th: the noise without any change; - with a",
    "  single run as base",
)
"""The footer of a comparison: the meaning of its columns."""


def comparison_text(comparison: Comparison) -> str:
    """The whole comparison, tables and notes."""
    return "\n\n".join(part for part in _parts(comparison) if part)


def comparison_report_text(report: ComparisonReport) -> str:
    """The comparison of two sides; for releases, one per scenario, then what was not compared."""
    if not report.between_releases:
        return comparison_text(report.single)
    sections = (
        f"== {printable(name)} ==\n\n{comparison_text(comparison)}" for name, comparison in report.comparisons
    )
    lines = "\n".join(f"not compared: {printable(line)}" for line in report.not_compared)
    return "\n\n".join(part for part in (*sections, lines) if part)


def gate_text(report: GateReport) -> str:
    """The comparisons behind a gate, then its answer and the reasons."""
    answer = "\n".join((f"gate: {report.verdict}", *(f"  {printable(reason)}" for reason in report.reasons)))
    return f"{comparison_report_text(report.compared)}\n\n{answer}".lstrip()


def _parts(comparison: Comparison) -> Iterator[str]:
    yield f"base  {_side(comparison.base)}\nhead  {_side(comparison.head)}"
    yield "\n".join(f"NOT ALIKE, compared by force: {printable(str(each))}" for each in comparison.unlike)
    confidence = f"{100 * comparison.rules.confidence:g} % INTERVAL"
    yield table(
        [_metric(metric) for metric in comparison.metrics],
        ("METRIC", "BASE", "HEAD", "RATIO", confidence, "P ADJUSTED", "DETECTABLE", "A/A", "VERDICT"),
    )
    for name in dict.fromkeys(point.histogram for point in comparison.shifts):
        points = [point for point in comparison.shifts if point.histogram == name]
        header = (name.upper(), "BASE NS", "HEAD NS", "DIFFERENCE", "RATIO", confidence)
        yield table([_point(point) for point in points], header)
    rules = comparison.rules
    method = f"{rules.resamples:,} resamples, seed {rules.seed}; level {100 * rules.alpha:g} %"
    notes = [f"note: {printable(note)}" for note in comparison.notes]
    yield "\n".join((*notes, *_COLUMN_NOTES, method))


def _side(runs: Sequence[Run]) -> str:
    commits = sorted({run.commit[:9] for run in runs if run.commit})
    names = " ".join(run.digest[:12] for run in runs[:_MAX_RUNS_NAMED])
    more = f" and {len(runs) - _MAX_RUNS_NAMED} more" if len(runs) > _MAX_RUNS_NAMED else ""
    plural = "" if len(runs) == 1 else "s"
    return f"{len(runs)} run{plural}{', commit ' + ' '.join(commits) if commits else ''}: {names}{more}"


def _metric(metric: MetricComparison) -> tuple[str, ...]:
    decision, smallest = metric.decision, metric.detectable_percent
    return (
        f"{printable(metric.name)}, {metric.unit}",
        _number(metric.base),
        _number(metric.head),
        f"{metric.ratio:.3f}",
        _interval(metric.low, metric.high),
        "-" if metric.p_adjusted is None else f"{metric.p_adjusted:.4f}",
        "-" if smallest is None else f"{smallest:.1f} %",
        "-" if metric.control_ratio is None else f"{metric.control_ratio:.3f}",
        f"{decision.verdict.label}: {decision.reason}",
    )


def _point(point: ShiftPoint) -> tuple[str, ...]:
    return (
        f"p{100 * point.quantile:.10g}",
        _number(point.base_ns),
        _number(point.head_ns),
        f"{point.head_ns - point.base_ns:+,.0f}",
        f"{point.ratio:.3f}",
        _interval(point.low, point.high),
    )


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"
