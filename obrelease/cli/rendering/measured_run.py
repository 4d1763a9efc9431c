"""A run that was just measured: its table or figures, its checks, and where it was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from obrelease.analysis.kinds.run_commands import STRATEGY_RESULT
from obrelease.analysis.summary.key_figures import measures
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.stability import is_stability
from obrelease.cli.console.table import facts, table
from obrelease.cli.rendering.metric_tables import scalar_text
from obrelease.cli.rendering.run_details import (
    counts_of,
    few_beyond,
    finding_of,
    knee_text,
    percentiles,
    verdict,
)
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.api import RunReport
    from obrelease.models.artefact import Check

_PERMILLE_OF_FIRST: Final = "against_first_permille"
_HEADER: Final = ("SCENARIO", "CORE", "MESSAGES", "PASSES", "THROUGHPUT", "P50", "P99", "P99.9")
_LESS_IMPORTANT: Final = ("PASSES", "MESSAGES", "CORE", "P99.9")


def measured_run_text(
    report: RunReport, *, columns: Sequence[str] = (), counted_checks: Sequence[str] = ()
) -> str:
    """The run as text.

    Args:
        columns: the columns of its table that are shown; JSON has all of them.
        counted_checks: checks whose counts are shown if they pass; a check that did not is always shown.
    """
    run, entry = report.run, report.entry
    outcome = run.artefact.outcome
    checks = outcome.checks if outcome else ()
    knees = [measure for measure in measures(run) if measure.metric == "knee"]
    pairs = [
        ("checks", verdict(checks)),
        *(("unstable", reason) for reason in run.unstable),
        *(pair for check in checks for pair in _check_lines(check, shown=check.name in counted_checks)),
        *_strategy_line(run),
        *(("knee", knee_text(knee.value, run.passes)) for knee in knees),
        ("events", outcome.events_digest if outcome else "-"),
        ("artefact", entry.digest),
        ("folder", str(entry.folder)),
    ]
    return f"{_results(report, columns)}\n\n{facts([(name, printable(value)) for name, value in pairs])}"


def _strategy_line(run: Run) -> Iterator[tuple[str, str]]:
    """What a strategy beside a replay made."""
    if (result := run.artefact.parameters.get(STRATEGY_RESULT)) is not None:
        yield "strategy", scalar_text(result)


def _check_lines(check: Check, *, shown: bool) -> Iterator[tuple[str, str]]:
    """The counts of a check; above them, if it did not pass, its verdict and what it found."""
    if is_stability(check):
        return
    name = check.name
    if not check.passed:
        yield name, finding_of(check)
        name = ""
    if shown or (not check.passed and counts_of(check)):
        yield name, counts_of(check)


def _results(report: RunReport, columns: Sequence[str]) -> str:
    if report.rows:
        rows = [[_cell(name, row[name]) for name in columns] for row in report.rows]
        header = [_heading(name) for name in columns]
        return table(rows, header, optional=header[:1:-1])
    return "\n".join(
        (table([_figures(report.run)], _HEADER, optional=_LESS_IMPORTANT), *few_beyond(report.run))
    )


def _cell(column: str, text: str) -> str:
    """A value of a row; permille of the first row become a factor."""
    if not text.isdecimal():
        return text
    return f"{int(text) / 1_000:,.1f}" if column == _PERMILLE_OF_FIRST else f"{int(text):,}"


def _heading(column: str) -> str:
    if column == _PERMILLE_OF_FIRST:
        return "TIMES FIRST"
    return column.replace("_msg_s", " msg/s").replace("_", " ").upper()


def _figures(run: Run) -> tuple[str, ...]:
    workload = run.artefact.workload
    numbers = (workload.messages if workload else None, run.passes)
    cells = ("" if number is None else f"{number:,}" for number in numbers)
    rate = "" if run.throughput_msg_s is None else readable(run.throughput_msg_s, "msg/s")
    return (run.artefact.scenario, run.core, *cells, rate, *percentiles(run))
