"""`obrelease list`: the kept runs, a line each, with their figures where people look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import filters, words
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.options import CoreFilter, KindOption, ScenarioFilter
from obrelease.cli.console.output import counted
from obrelease.errors import ObreleaseError, UsageError

if TYPE_CHECKING:
    from obrelease.cli.rendering.run_list import Opened
    from obrelease.registry.entry import Entry
    from obrelease.registry.store import Registry

SORT_COLUMNS: Final = ("created", "digest", "kind", "scenario", "core", "commit", "messages", "size")

_MOST_RUNS: Final = 2**31 - 1
_NEWEST_FIRST: Final = "-created"

MOST_OPENED: Final = 100
"""How many runs a listing opens for their figures without being told to."""


@command("list")
def list_runs(
    session: Session,
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Filters that must all hold: kind= scenario= core= workload= digest= commit= events= since="
            " until= dirty= checks=. Digests by their beginning, instants as 2026-10-01 or in full.",
            show_default=False,
            autocompletion=filters,
        ),
    ] = None,
    kind: KindOption = None,
    scenario: ScenarioFilter = None,
    core: CoreFilter = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="[-]COLUMN",
            help=f"{', '.join(SORT_COLUMNS)}.",
            autocompletion=words(*SORT_COLUMNS, *(f"-{column}" for column in SORT_COLUMNS)),
        ),
    ] = _NEWEST_FIRST,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="At most so many, the newest.")
    ] = None,
    figures: Annotated[
        bool | None,
        typer.Option(
            "--figures/--no-figures",
            help="Throughput and latency of each run, read from its own files."
            f" [default: in columns for people, up to {MOST_OPENED} runs; not in JSON and CSV]",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the runs as CSV on stdout.")] = False,
    results: ResultsOption = None,
) -> None:
    """List the runs in the results folder, newest first.

    Each with its throughput (or what was measured in its place) and its latency: response time where
    the run has one, else service time. With -v also the clock, how many checks they made, the whole
    commit, and how busy the machine was.
    """
    from obrelease.cli.rendering.run_list import csv_listing, listing, ordered
    from obrelease.registry.filter import parse_filter

    if limit is not None and not 0 <= limit <= _MOST_RUNS:
        raise UsageError(f"--limit {limit}: not a number of runs", hint=f"give 0 to {_MOST_RUNS}")
    if csv and session.out.json:
        raise UsageError("--csv and --json contradict each other", hint="give one of them")
    options = (("kind", kind), ("scenario", scenario), ("core", core))
    asked = [*(given or []), *(f"{key}={value}" for key, value in options if value is not None)]
    where = parse_filter(*asked)
    registry = registry_of(session.settings(results=results), must_exist=False)
    found, unreadable = registry.find_with_unreadable(where, limit=limit)
    entries = ordered(found, sort)
    plain, whole = csv or session.out.json, bool(session.out.verbose)
    with_figures = not plain and (whole or len(entries) <= MOST_OPENED) if figures is None else figures
    opened = _opened(session, registry, entries, figures=with_figures, whole=whole and not plain)
    session.out.result(
        {"runs": _documents(entries, opened)},
        lambda: (
            csv_listing(entries, opened)
            if csv
            else listing(entries, opened, figures=with_figures, whole=whole)
        ),
    )
    if not registry.root.exists():
        session.out.note(f"{registry.root} is not there yet; `obrelease run bench` makes it")
    elif not entries and limit != 0:
        session.out.note(_nothing_found(registry, asked))
    elif entries and figures is None and not plain and not with_figures:
        session.out.note(f"{counted(len(entries), 'run')}: --figures or a --limit shows their figures")
    if unreadable:
        session.out.warn(
            f"{counted(len(unreadable), 'folder')} cannot be read or listed, the first is {unreadable[0]};"
            " `obrelease fsck` says why"
        )


def _nothing_found(registry: Registry, asked: Sequence[str]) -> str:
    """Why a listing is empty: a filter that no run passes is not a folder without runs."""
    from obrelease.registry.filter import Filter

    if asked and registry.find(Filter(), limit=1):
        return f"no run in {registry.root} has {' '.join(asked)}; `obrelease list` shows what there is"
    return f"no run in {registry.root}; `obrelease run bench` makes one"


def _documents(entries: Sequence[Entry], opened: Sequence[Opened] | None) -> list[dict[str, Any]]:
    if opened is None:
        return [entry.as_json() for entry in entries]
    from obrelease.analysis.summary.key_figures import figures_of

    return [
        entry.as_json() | {"figures": figures_of(each.run) if each.run else None}
        for entry, each in zip(entries, opened, strict=True)
    ]


def _opened(
    session: Session, registry: Registry, entries: Sequence[Entry], *, figures: bool, whole: bool
) -> list[Opened] | None:
    """The runs, read; None where neither their figures nor the whole of them is asked for."""
    if not figures and not whole:
        return None
    found = []
    with session.out.progress("reading runs", len(entries)) as advance:
        for entry in entries:
            found.append(_open(registry, entry, figures=figures))
            advance(1)
    return found


def _open(registry: Registry, entry: Entry, *, figures: bool) -> Opened:
    """A listed run; whatever is not what the registry and the envelope say is None."""
    from obrelease.cli.rendering.run_list import Opened

    try:
        artefact = registry.load(entry)
    except ObreleaseError:
        return Opened(None)
    if not figures:
        return Opened(artefact)
    from obrelease.analysis.summary.read_run import read_run

    try:
        run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
        return Opened(artefact, run)
    except ObreleaseError:
        return Opened(artefact)
