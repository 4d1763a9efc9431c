"""Kept runs, a line each: columns for people, and CSV. Free text is escaped for a terminal."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.summary.key_figures import FIGURE_COLUMNS, figure_cells, headline, number_text
from obrelease.cli.console.output import table
from obrelease.cli.rendering.run_details import SHORT_DIGEST, instant, short_commit, verdict
from obrelease.errors import UsageError
from obrelease.models.finding import printable
from obrelease.registry.entry import FIELDS

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.models.artefact import Artefact
    from obrelease.registry.entry import Entry

_COLUMNS: Final = {
    "created": "created_ns",
    "digest": "digest",
    "kind": "kind",
    "scenario": "scenario",
    "core": "core",
    "commit": "commit",
    "messages": "messages",
    "size": "size_bytes",
}
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a listed run says beyond its entry.

    Attributes:
        artefact: its envelope; None where it is not what the registry says.
        run: with its figures; None where they were not asked for, or where the run is damaged.
    """

    artefact: Artefact | None
    run: Run | None = None


def listing(
    entries: Sequence[Entry], opened: Sequence[Opened] | None = None, *, figures: bool, whole: bool
) -> str:
    """One line per run, in the order given.

    Args:
        opened: of the same runs, where figures or the whole are asked for.
        figures: with the headline and the latency of each run; the events give place to them.
        whole: with everything that fits on a long line.
    """
    rows = [
        dict(_cells(entry, opened[at] if opened else None, figures=figures, whole=whole))
        for at, entry in enumerate(entries)
    ]
    return table([list(row.values()) for row in rows], list(rows[0])) if rows else ""


def ordered(entries: Sequence[Entry], sort: str) -> list[Entry]:
    """The runs in the order that `--sort` names; `-` before a column turns it round.

    Runs that do not have the column's fact come last; equal ones stay newest first.

    Raises:
        UsageError: there is no such column.
    """
    column = sort.removeprefix("-")
    if column not in _COLUMNS:
        raise UsageError(f"--sort {sort}: no such column", hint=f"columns: {', '.join(_COLUMNS)}")
    facts = [(getattr(entry, _COLUMNS[column]), entry) for entry in entries]
    known = [pair for pair in facts if pair[0] is not None]
    known.sort(key=itemgetter(0), reverse=sort.startswith("-"))
    return [entry for _, entry in known] + [entry for fact, entry in facts if fact is None]


def csv_listing(entries: Sequence[Entry], opened: Sequence[Opened] | None = None) -> str:
    """The runs as RFC 4180 CSV with a header; no cell can start a formula in a spreadsheet.

    Args:
        opened: of the same runs, for the columns `FIGURE_COLUMNS` behind the others.
    """
    sink = StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(FIELDS if opened is None else (*FIELDS, *FIGURE_COLUMNS))
    for at, entry in enumerate(entries):
        row: dict[str, Any] = entry.as_json()
        if opened is not None:
            row |= figure_cells(opened[at].run)
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


def _cells(entry: Entry, opened: Opened | None, *, figures: bool, whole: bool) -> Iterator[tuple[str, str]]:
    events = ("events", (entry.events_digest or "-")[:SHORT_DIGEST])
    yield "digest", entry.digest[:SHORT_DIGEST]
    yield "created", instant(entry.created_ns)
    yield "kind", entry.kind
    yield "scenario", entry.scenario
    yield "core", printable(entry.core or "-")
    yield "messages", number_text(entry.messages) or "-"
    if figures:
        yield from _figures(opened.run if opened else None)
    yield "commit", short_commit(entry.commit, entry.dirty) or "-"
    if not figures:
        yield events
    yield "checks", _checks(entry) if opened is None else _verdict(opened, figures=figures)
    if not whole:
        return
    if figures:
        yield from (*_named(opened.run if opened else None), events)
    load = opened.artefact.host.volatile.load_1m_milli if opened and opened.artefact else None
    yield "load", "-" if load is None else f"{load / 1000:.2f}"
    yield "whole commit", entry.commit or "-"


def _figures(run: Run | None) -> Iterator[tuple[str, str]]:
    first = headline(run) if run else None
    p50_ns, p99_ns, _ = run.percentiles_ns if run else (None, None, None)
    yield "figure", printable(f"{number_text(first.value)} {first.unit}") if first else "-"
    yield "p50 ns", number_text(p50_ns) or "-"
    yield "p99 ns", number_text(p99_ns) or "-"


def _named(run: Run | None) -> Iterator[tuple[str, str]]:
    """What the figure is of, and by which clock the latency is."""
    first = headline(run) if run else None
    yield "of", printable(first.metric) if first else "-"
    yield "clock", run.latency.clock if run and run.latency else "-"


def _checks(entry: Entry) -> str:
    if entry.checks_failed is None:
        return "-"
    return f"{entry.checks_failed} FAILED" if entry.checks_failed else "passed"


def _verdict(opened: Opened, *, figures: bool) -> str:
    if opened.artefact is None or (figures and opened.run is None):
        return "DAMAGED"
    return verdict(opened.artefact.outcome.checks if opened.artefact.outcome else ())
