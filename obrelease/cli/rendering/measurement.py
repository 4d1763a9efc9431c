"""A measurement as text: the runs of one side as a table, or the comparison of two, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from obrelease.analysis.summary.readable_values import readable
from obrelease.cli.console.marks import marked
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import prose, table
from obrelease.cli.rendering.comparison import comparison_report_text
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.api import MeasureReport
    from obrelease.api.measure_verdict import MeasuredComparison


def measurement_text(report: MeasureReport) -> str:
    """The whole report of one benchmark."""
    if report.comparison is None:
        return "\n\n".join(part for part in (_heading(report), _metrics(report)) if part)
    return "\n\n".join((_heading(report), *_compared(report.comparison)))


def _heading(report: MeasureReport) -> str:
    runs = counted(len(report.head), "run")
    sides = runs if report.comparison is None else f"{len(report.base)} + {len(report.head)} runs"
    return f"{printable(report.title)}: {sides} recorded"


def _metrics(report: MeasureReport) -> str:
    rows = [
        (
            printable(row.name),
            readable(row.median, row.unit),
            readable(row.minimum, row.unit),
            readable(row.maximum, row.unit),
            f"{row.samples:,}",
        )
        for row in report.rows
    ]
    return table(
        rows,
        ("METRIC", "MEDIAN", "MINIMUM", "MAXIMUM", "SAMPLES"),
        optional=("SAMPLES", "MAXIMUM", "MINIMUM"),
    )


def _compared(comparison: MeasuredComparison) -> Iterator[str]:
    yield comparison_report_text(comparison.compared)
    if comparison.confirmation is not None:
        yield f"== measured again ==\n\n{comparison_report_text(comparison.confirmation)}"
    reasons = (f"  {printable(reason)}" for reason in comparison.reasons)
    yield prose((f"verdict: {marked(comparison.verdict)}", *reasons))
