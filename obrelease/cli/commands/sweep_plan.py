"""`obrelease sweep plan`: write the plan of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.sweep import SweepFileArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted


@command("plan")
def plan(
    session: Session,
    file: SweepFileArgument = Path("sweep.toml"),
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Count runs of this sweep that were pulled or copied into the results."),
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Write the plan of a sweep: every cell with its key.

    The plan is in the results folder, which all workers share. Planning again after the file was changed
    keeps what is measured: the key of a cell only depends on what it measures.
    """
    report = api.plan_sweep(file, adopt=adopt, project=session.project(results=results))
    text = f"{counted(report.cells, 'cell')}, {counted(report.combinations, 'combination')}"
    if report.settled:
        text += f", {report.settled:,} measured already"
    session.out.result(report.to_json(), f"{text}\n{report.file}")
    session.out.note("`obrelease sweep run` measures them")
