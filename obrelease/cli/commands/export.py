"""`obrelease export`: runs and figures as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import filters as complete_filters
from obrelease.cli.console.output import counted

FilterArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Filters as for `obrelease list`. [default: all runs]",
        show_default=False,
        autocompletion=complete_filters,
    ),
]


@command("export")
def export(
    session: Session,
    given: FilterArgument = None,
    parquet: Annotated[
        Path,
        typer.Option("--parquet", metavar="DIR", help="A new folder, or one that has an export already."),
    ] = Path("export"),
    results: ResultsOption = None,
) -> None:
    """Write runs and their figures as Parquet files.

    Three tables: runs.parquet (one row per run), metrics.parquet (one row per metric of a workload) and
    figures.parquet (the value of a metric in a run). Figures come from the table of figures and are not
    hashed again; `obrelease fsck` does that. Needs `obrelease[analytics]`.
    """
    registry = session.registry(results, must_exist=True)
    report = api.export_parquet(parquet, *(given or ()), registry=registry, reporter=session.out)
    session.out.result(report.to_json(), f"{report.folder}")
    session.out.note(
        f"{counted(report.runs, 'run')}, {counted(report.metrics, 'metric')},"
        f" {counted(report.figures, 'figure')}; {report.bytes:,} bytes"
    )
