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
_WIDEST_FIGURE_NAME: Final = 30
_LESS_IMPORTANT: Final = (
    "load", "whole commit", "clock", "events", "messages", "core", "p50", "host", "kind", "title",
    "labels", "p99", "of", "checks", "created", "commit",
)  # fmt: skip
"""Columns that a narrow terminal has no room for, in this order."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def listing(runs: Sequence[ListedRun], *, figures: bool, verbose: bool) -> str:
    """One line per run, in the order given.

    Args:
        figures: show the headline figure and the latency of each run in place of its events.
        verbose: show everything that fits on a long line.
    """
    if not runs:
        return ""
    columns = dict(_columns(runs, figures=figures, verbose=verbose))
    empty = [name for name in _LESS_IMPORTANT if name in columns and set(columns[name]) <= {"-", ""}]
    optional = tuple(dict.fromkeys((*empty, *_LESS_IMPORTANT)))
    return table(list(zip(*columns.values(), strict=True)), list(columns), optional=optional)


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


Column = tuple[str, list[str]]
"""The heading of a column and its cells: lists are long, so cells are made column by column."""


def _columns(runs: Sequence[ListedRun], *, figures: bool, verbose: bool) -> Iterator[Column]:
    entries, listed = [run.entry for run in runs], [run.listed for run in runs]
    events = ("events", [(entry.events_digest or "-")[:SHORT_DIGEST] for entry in entries])
    yield "digest", [entry.digest[:SHORT_DIGEST] for entry in entries]
    yield "created", [instant(entry.created_ns) for entry in entries]
    yield "kind", [entry.kind for entry in entries]
    yield "scenario", [entry.scenario for entry in entries]
    yield "core", [printable(entry.core or "-") for entry in entries]
    yield "messages", [number_text(entry.messages) or "-" for entry in entries]
    if figures:
        yield from _figures(listed)
    yield "commit", [short_commit(entry.commit, entry.dirty) or "-" for entry in entries]
    if not figures:
        yield events
    yield "checks", [_verdict(run) if figures or verbose else _checks(run.entry) for run in runs]
    if not verbose:
        return
    if figures:
        yield from (_clocks(listed), events)
    yield from _names(listed)
    loads = [each.load_1m_milli if each else None for each in listed]
    yield "load", ["-" if load is None else f"{load / 1000:.2f}" for load in loads]
    yield "whole commit", [entry.commit or "-" for entry in entries]


def _figures(listed: Sequence[ListedFigures | None]) -> Iterator[Column]:
    first = [each.headline if each else None for each in listed]
    yield "figure", [printable(readable(each[2], each[1])) if each else "-" for each in first]
    yield "of", [cut_text(printable(each[0]), _WIDEST_FIGURE_NAME) if each else "-" for each in first]
    for name in ("p50", "p99"):
        values = [each.figures[f"latency_{name}_ns"] if each else None for each in listed]
        yield name, [readable(value, "ns") for value in values]


def _clocks(listed: Sequence[ListedFigures | None]) -> Column:
    return "clock", [(each.figures["latency_clock"] if each else None) or "-" for each in listed]


def _names(listed: Sequence[ListedFigures | None]) -> Iterator[Column]:
    """The workload's own name, the machine and the labels of a run."""
    known = [each.figures if each else {} for each in listed]
    yield "title", [cut_text(printable(each["title"]), _WIDEST_NAME) if each else "-" for each in known]
    yield "host", [cut_text(printable(each.get("host") or "-"), _WIDEST_NAME) for each in known]
    labels = [scalars_text(each.get("labels", {})) for each in known]
    yield "labels", [cut_text(text, _WIDEST_NAME) or "-" for text in labels]


def _checks(entry: Entry) -> str:
    if entry.checks_failed is None:
        return "-"
    if entry.checks_failed:
        return marked("FAILED", f"{entry.checks_failed} FAILED")
    return marked("passed")


def _verdict(run: ListedRun) -> str:
    return marked("DAMAGED") if run.listed is None else counts_text(run.listed.checks)
