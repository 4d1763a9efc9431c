"""`obrelease history`: a metric over the commits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import filters as complete_filters
from obrelease.cli.console.plots import draw
from obrelease.cli.rendering.history import csv_text, history_text, overview_text
from obrelease.errors import UsageError

MOST_IN_FULL: Final = 3
"""With more histories, or without a metric, each is one line."""

LAST: Final = 30

FilterArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Filters as for `obrelease list`.",
        show_default=False,
        autocompletion=complete_filters,
    ),
]


@command("history")
def history(
    session: Session,
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="The metric's full name, its id, or a shell pattern.")
    ] = "*",
    given: FilterArgument = None,
    last: Annotated[int, typer.Option("--last", "-n", metavar="N", help="Show the N newest commits.")] = LAST,
    every_commit: Annotated[bool, typer.Option("--all", help="Show every commit.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the points as CSV on stdout.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", metavar="FILE", help="Draw the history of one metric into FILE: .svg, .png or .pdf."
        ),
    ] = None,
    across_hosts: Annotated[
        bool,
        typer.Option(
            "--across-hosts",
            help="One history of all machines; a change is a break, bridged by commits measured on both.",
        ),
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Show a metric over the commits, with its change points.

    Runs are in the order of their commits in the repository; runs of other commits, or of none, have their
    place by time. Unlike machines are separate histories. A change of compiler, interpreter or libraries
    is a break, and no change point is found across it, unless a commit was measured on both sides.

    The interval is that of the median of the run's samples, or the least and the largest of several runs.
    Figures come from the table of figures and are not hashed again; `obrelease fsck` does that.
    """
    if csv and session.out.json:
        raise UsageError("--csv and --json cannot be combined", hint="pass only one")
    if last < 1:
        raise UsageError(f"--last is {last}; it is at least 1")
    project = session.project(results=results)
    registry = session.registry(results, must_exist=True)
    report = api.history(
        metric,
        *(given or ()),
        registry=registry,
        repository=project,
        across_hosts=across_hosts,
        reporter=session.out,
    )
    if plot is not None:
        draw(session, report, plot)
    in_full = metric != "*" and len(report.histories) <= MOST_IN_FULL
    shown = None if every_commit else last
    session.out.result(
        report.to_json(),
        lambda: (
            csv_text(report)
            if csv
            else history_text(report, last=shown)
            if in_full
            else overview_text(report)
        ),
        paged=True,
        as_is=csv,
    )
