"""Recorded runs, one per line: text columns and CSV. Free text is escaped for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.summary.listed_figures import FIGURE_COLUMNS, cells_of
from obrelease.analysis.summary.readable_values import number_text, readable
from obrelease.cli.console.marks import marked
from obrelease.cli.console.table import table
from obrelease.cli.console.terminal import cut_text
from obrelease.cli.rendering.metric_tables import scalars_text
from obrelease.cli.rendering.run_details import SHORT_DIGEST, counts_text, instant, short_commit
from obrelease.models.finding import printable
from obrelease.registry.entry import FIELDS

if TYPE_CHECKING:
    from obrelease.analysis.summary.listed_figures import ListedFigures
    from obrelease.api import ListedRun
    from obrelease.registry.entry import Entry

_WIDEST_NAME: Final = 60
_LESS_IMPORTANT: Final = (
    "load", "whole commit", "clock", "of", "events", "messages", "core", "p50", "host", "kind", "title",
    "labels", "commit", "created", "checks", "p99",
)  # fmt: skip
"""Columns that a narrow terminal has no room for, in this order."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def listing(runs: Sequence[ListedRun], *, figures: bool, verbose: bool) -> str:
    """One line per run, in the order given.

    Args:
        figures: show the headline figure and the latency of each run in place of its events.
        verbose: show everything that fits on a long line.
    """
    rows = [dict(_cells(run, figures=figures, verbose=verbose)) for run in runs]
    return (
        table([list(row.values()) for row in rows], list(rows[0]), optional=_LESS_IMPORTANT) if rows else ""
    )


def csv_listing(runs: Sequence[ListedRun], *, figures: bool) -> str:
    """The runs as RFC 4180 CSV with a header; no cell can start a formula in a spreadsheet.

    Args:
        figures: add the columns `FIGURE_COLUMNS`.
    """
    import csv

    sink = StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow((*FIELDS, *FIGURE_COLUMNS) if figures else FIELDS)
    for run in runs:
        row: dict[str, Any] = run.entry.as_json()
        if figures:
            row |= cells_of(run.listed)
        writer.writerow([_cell(value) for value in row.values()])
    return sink.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    cell = printable(str(value))
    is_text = isinstance(value, str) and cell.lstrip().startswith(_FORMULA_STARTS)
    return f"'{cell}" if is_text else cell


def _cells(run: ListedRun, *, figures: bool, verbose: bool) -> Iterator[tuple[str, str]]:
    entry = run.entry
    events = ("events", (entry.events_digest or "-")[:SHORT_DIGEST])
    yield "digest", entry.digest[:SHORT_DIGEST]
    yield "created", instant(entry.created_ns)
    yield "kind", entry.kind
    yield "scenario", entry.scenario
    yield "core", printable(entry.core or "-")
    yield "messages", number_text(entry.messages) or "-"
    if figures:
        yield from _figures(run.listed)
    yield "commit", short_commit(entry.commit, entry.dirty) or "-"
    if not figures:
        yield events
    yield "checks", _verdict(run) if figures or verbose else _checks(entry)
    if not verbose:
        return
    if figures:
        yield from (*_headline_of(run.listed), events)
    yield from _names(run.listed)
    load = run.listed.load_1m_milli if run.listed else None
    yield "load", "-" if load is None else f"{load / 1000:.2f}"
    yield "whole commit", entry.commit or "-"


def _figures(listed: ListedFigures | None) -> Iterator[tuple[str, str]]:
    first = listed.headline if listed else None
    figures = listed.figures if listed else {}
    yield "figure", printable(readable(first[2], first[1])) if first else "-"
    yield "p50", readable(figures.get("latency_p50_ns"), "ns")
    yield "p99", readable(figures.get("latency_p99_ns"), "ns")


def _headline_of(listed: ListedFigures | None) -> Iterator[tuple[str, str]]:
    """The name of the headline figure, and the clock of the latency."""
    first = listed.headline if listed else None
    yield "of", cut_text(printable(first[0]), _WIDEST_NAME) if first else "-"
    yield "clock", (listed.figures["latency_clock"] if listed else None) or "-"


def _names(listed: ListedFigures | None) -> Iterator[tuple[str, str]]:
    """The workload's own name, the machine and the labels of a run."""
    figures = listed.figures if listed else {}
    yield "title", cut_text(printable(figures["title"]), _WIDEST_NAME) if figures else "-"
    yield "host", cut_text(printable(figures.get("host") or "-"), _WIDEST_NAME)
    yield "labels", cut_text(scalars_text(figures.get("labels", {})), _WIDEST_NAME) or "-"


def _checks(entry: Entry) -> str:
    if entry.checks_failed is None:
        return "-"
    if entry.checks_failed:
        return marked("FAILED", f"{entry.checks_failed} FAILED")
    return marked("passed")


def _verdict(run: ListedRun) -> str:
    return marked("DAMAGED") if run.listed is None else counts_text(run.listed.checks)
