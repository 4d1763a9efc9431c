"""`obrelease list`: the recorded runs, one per line, with their figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from obrelease import api
from obrelease.api.sort_columns import SORT_COLUMNS
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import filters as complete_filters
from obrelease.cli.console.completion import words
from obrelease.cli.console.options import CoreFilter, KindOption, ScenarioFilter
from obrelease.cli.console.output import counted
from obrelease.cli.rendering.run_list import csv_listing, listing
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.api import Registry

_MAX_RUNS: Final = 2**31 - 1
_NEWEST_FIRST: Final = "-created"

MAX_HASHED: Final = 100
"""Of how many runs a listing hashes the files again by default."""


@command("list")
def list_runs(
    session: Session,
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Filters that must all hold: kind= scenario= core= workload= digest= commit= events= since="
            " until= dirty= checks= title= host= metric= label.KEY=. Digests by a prefix, instants as"
            " 2026-10-01 or in full; titles, hosts, metrics and labels by name or shell pattern.",
            show_default=False,
            autocompletion=complete_filters,
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
        int | None, typer.Option("--limit", metavar="N", help="Only the N newest, chosen before --sort.")
    ] = None,
    figures: Annotated[
        bool | None,
        typer.Option(
            "--figures/--no-figures",
            help="Throughput and latency of each run. [default: in text columns, not in JSON and CSV]",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help=f"Hash the files behind every figure again; without it, those of up to {MAX_HASHED} runs.",
        ),
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the runs as CSV on stdout.")] = False,
    remote: Annotated[
        str | None,
        typer.Option(
            "--remote",
            metavar="NAME",
            help="List the runs of a shared registry: a name from `obrelease remote`, or oci://HOST/PATH.",
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """List the runs in the results folder, newest first.

    Each with its throughput (or what was measured in its place) and its latency: response time where
    the run has one, else service time. With -v also the clock, how many checks they made, titles, hosts and
    labels, the whole commit, and how busy the machine was.

    Figures come from the table of figures, which a listing fills. Of at most 100 runs, or with --verify, the
    files are hashed again first: a run with other bytes is DAMAGED.
    """
    if limit is not None and not 0 <= limit <= _MAX_RUNS:
        raise UsageError(f"--limit {limit}: not a number of runs", hint=f"give 0 to {_MAX_RUNS}")
    if csv and session.out.json:
        raise UsageError("--csv and --json cannot be combined", hint="pass only one")
    options = (("kind", kind), ("scenario", scenario), ("core", core))
    filters = [*(given or []), *(f"{key}={value}" for key, value in options if value is not None)]
    if remote is not None:
        _list_remote(session, remote, filters, sort, limit, csv=csv, figures=figures)
        return
    registry = session.registry(results, must_exist=False)
    found = registry.search(*filters, limit=limit)
    entries = api.sort_runs(found.entries, sort)
    machine_readable, verbose = csv or session.out.json, bool(session.out.verbose)
    with_figures = not machine_readable if figures is None else figures
    is_read = with_figures or (verbose and not machine_readable)
    listed = (
        api.read_listed_runs(
            entries,
            figures=with_figures,
            verify=verify or len(entries) <= MAX_HASHED,
            brief=not (verbose or machine_readable),
            reporter=session.out,
        )
        if is_read
        else api.Listing(tuple(api.ListedRun(entry) for entry in entries), hashed=True)
    )
    session.out.result(
        listed.to_json(figures=is_read) if session.out.json else {},
        lambda: (
            csv_listing(listed.runs, figures=is_read)
            if csv
            else listing(listed.runs, figures=with_figures, verbose=verbose)
        ),
        paged=True,
        as_is=csv,
    )
    if not listed.hashed:
        session.out.note("figures as recorded, files not hashed again; --verify hashes them")
    if not registry.root.exists():
        session.out.note(
            f"{registry.root} does not exist; `obrelease run bench` or `obrelease import` records a run"
        )
    elif not entries and limit != 0:
        session.out.note(_nothing_found(registry, filters))
    if found.warning:
        session.out.warn(found.warning)
    if found.unreadable:
        session.out.warn(
            f"{counted(len(found.unreadable), 'folder')} cannot be read or listed, the first is"
            f" {found.unreadable[0]}; `obrelease fsck` names the damage"
        )


def _list_remote(
    session: Session,
    remote: str,
    filters: Sequence[str],
    sort: str,
    limit: int | None,
    *,
    csv: bool,
    figures: bool | None,
) -> None:
    """The runs of a shared registry, as its catalogue describes them."""
    found = api.list_remote_runs(remote, *filters, limit=limit, project=session.project())
    by_digest = {run.entry.digest: run for run in found.listing.runs}
    runs = [
        by_digest[entry.digest] for entry in api.sort_runs([run.entry for run in by_digest.values()], sort)
    ]
    shown = figures if figures is not None else not (csv or session.out.json)
    listed = api.Listing(tuple(runs), hashed=False)
    session.out.result(
        listed.to_json(figures=shown),
        lambda: (
            csv_listing(listed.runs, figures=shown)
            if csv
            else listing(listed.runs, figures=shown, verbose=bool(session.out.verbose))
        ),
        paged=True,
        as_is=csv,
    )
    session.out.note(f"{found.place}: as its catalogue says; `obrelease pull` checks every byte")
    for digest, reason in found.unreadable:
        session.out.warn(f"{digest}: {reason}")


def _nothing_found(registry: Registry, filters: Sequence[str]) -> str:
    """Why a listing is empty: no run passes the filter, or there are no runs."""
    if filters and registry.find(limit=1):
        nothing = f"no run in {registry.root} has {' '.join(filters)}"
        meant = registry.suggestion(*filters)
        return f"{nothing}; {f'{meant} ' if meant else ''}`obrelease list` shows all runs"
    return f"no run in {registry.root}; `obrelease run bench` records one"
