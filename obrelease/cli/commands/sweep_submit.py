"""`obrelease sweep submit`: hand a sweep to Slurm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.sweep import SweepFileArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.errors import UsageError


@command("submit")
def submit(
    session: Session,
    file: SweepFileArgument = Path("sweep.toml"),
    slurm: Annotated[bool, typer.Option("--slurm", help="Submit a job array of Slurm.")] = False,
    tasks: Annotated[
        int, typer.Option("--tasks", metavar="N", help="Tasks of the array: nodes that measure at once.")
    ] = 4,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="--NAME=VALUE",
            help="An option of sbatch, such as --option=--partition=bench; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the script and submit nothing.")] = False,
    results: ResultsOption = None,
) -> None:
    """Submit a planned sweep to the scheduler of a cluster.

    Every task measures cells until none is left, so a task that never starts loses nothing. The nodes need
    this program, the project and the results folder under the same paths.
    """
    if not slurm:
        raise UsageError("no scheduler is named", hint="--slurm submits a job array of Slurm")
    report = api.submit_sweep(
        file, tasks=tasks, options=option or (), dry_run=dry_run, project=session.project(results=results)
    )
    shown = report.script if report.job is None else f"job {report.job}"
    session.out.result(report.to_json(), shown, as_is=True)
    if report.job is not None:
        session.out.note("`obrelease sweep status` shows how far it is")
