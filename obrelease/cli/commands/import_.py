"""`obrelease import`: record the results file of another benchmark tool."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.output import counted


class Format(StrEnum):
    """The files that can be imported."""

    GOOGLE_BENCHMARK = "google-benchmark"
    PYTEST_BENCHMARK = "pytest-benchmark"
    HYPERFINE = "hyperfine"
    HLOG = "hlog"


@command("import")
def import_file(
    session: Session,
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(Format)}.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the tool wrote: one process, one file.")],
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="NAME", help="Override the scenario name.")
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="Unit of the values in an hlog: ns, us or ms.",
            autocompletion=words("ns", "us", "ms"),
        ),
    ] = "ns",
    clock: Annotated[
        str,
        typer.Option(
            "--clock",
            metavar="CLOCK",
            help="What an hlog timed: service, or response from intended arrival.",
            autocompletion=words("service", "response"),
        ),
    ] = "service",
    results: ResultsOption = None,
) -> None:
    """Record what another tool measured.

    Its file is kept in the run, byte by byte.
    """
    registry = session.registry(results, must_exist=False)
    report = api.import_results(format_, file, registry=registry, scenario=scenario, unit=unit, clock=clock)
    counts = f"{counted(report.measurements, 'measurement')}, {counted(report.histograms, 'histogram')}"
    session.out.result(
        report.to_json(), f"{counts}\nartefact  {report.entry.digest}\nfolder    {report.entry.folder}"
    )
