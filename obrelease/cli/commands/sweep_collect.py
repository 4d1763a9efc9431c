"""`obrelease sweep collect`: draw the figures of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.sweep import SweepFileArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted
from obrelease.cli.console.settings import configure_matplotlib


@command("collect")
def collect(
    session: Session,
    file: SweepFileArgument = Path("sweep.toml"),
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="A new folder, or that of an earlier call. [default: sweep-NAME]",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="A metric to draw; a pattern, may be repeated. [default: the headline and the p99]",
            show_default=False,
        ),
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="PARAMETER", help="The horizontal axis of the heat maps.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="PARAMETER", help="The vertical axis of the heat maps.")
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Write a table, pictures and a page of the results.

    Heat maps show two parameters, lines show each parameter alone; runs that differ in the seed alone are
    repetitions. The page is self-contained. Needs `obrelease[site]`.
    """
    project = session.project(results=results)
    configure_matplotlib()
    report = api.collect_sweep(
        file, to=to, metrics=metric or (), x=x, y=y, project=project, reporter=session.out
    )
    session.out.result(report.to_json(), f"{report.folder / 'index.html'}")
    session.out.note(
        f"{report.done:,} of {counted(report.cells, 'cell')}, {counted(len(report.files), 'file')}"
    )
    for line in report.unreadable:
        session.out.warn(f"left out: {line}")
