"""`obrelease sweep run`: measure the cells of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.sweep import SweepFileArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted
from obrelease.errors import CheckFailed


@command("run")
def run(
    session: Session,
    file: SweepFileArgument = Path("sweep.toml"),
    workers: Annotated[
        int,
        typer.Option("--workers", metavar="N", help="Processes on this machine; killed ones are replaced."),
    ] = 1,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="Measure one part of N, such as 3/8.")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask", metavar="ADDRESS", help="Measure on the workers of a Dask scheduler: tcp://HOST:PORT."
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Measure cells again that failed.")
    ] = False,
    wait: Annotated[
        int,
        typer.Option(
            "--wait", metavar="SECONDS", help="How long to wait for other measurements on this host."
        ),
    ] = 86_400,
    results: ResultsOption = None,
) -> None:
    """Measure the planned cells until all are settled.

    Start it as often as you like, on every machine that shares the results folder: each cell is measured
    once, and one measurement runs on a machine at a time. Cells of a process or a machine that died are
    measured by the others. The exit code is 1 if a cell failed. --dask needs `obrelease[sweep]`.
    """
    report = api.run_sweep(
        file,
        workers=workers,
        shard=shard,
        dask=dask,
        retry_failed=retry_failed,
        wait_s=wait,
        project=session.project(results=results),
        reporter=session.out,
    )
    session.out.result(report.to_json(), f"{report.done:,} of {counted(report.cells, 'cell')} recorded")
    if report.failures:
        raise CheckFailed(
            f"{counted(len(report.failures), 'cell')} failed: {next(iter(report.failures.values()))}",
            hint="`obrelease sweep status` lists them; --retry-failed measures them again",
        )
    session.out.note("`obrelease sweep collect` draws them")
