"""`obrelease query`: SQL over the figures and facts of all runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.rendering.query import csv_text, query_text
from obrelease.errors import UsageError
from obrelease.storage.limits import parse_size


@command("query")
def query(
    session: Session,
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SELECT", help="One SELECT over runs, metrics and figures.", show_default=False
        ),
    ],
    parquet: Annotated[
        Path | None,
        typer.Option(
            "--parquet",
            metavar="DIR",
            help="Ask this export. [default: a new one of all runs]",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", help="At most this many rows.")
    ] = 10_000,
    timeout: Annotated[
        int, typer.Option("--timeout", metavar="SECONDS", help="The most time that the query may take.")
    ] = 60,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="The most memory, such as 4G.")
    ] = "1G",
    csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV on stdout.")] = False,
    results: ResultsOption = None,
) -> None:
    """Ask the figures and facts of all runs in SQL.

    The tables are runs, metrics and figures; figures has the facts of the run and of the metric in each row.
    `DESCRIBE figures` lists the columns, and docs/analytics.md explains them.

    The query can read these tables and nothing else: no file, no network, no settings. It runs in a process
    of its own with limits on time and memory. Needs `obrelease[analytics]`.
    """
    if csv and session.out.json:
        raise UsageError("--csv and --json cannot be combined", hint="pass only one")
    registry = session.registry(results, must_exist=parquet is None)
    found = api.query(
        sql,
        export=parquet,
        registry=registry,
        rows=limit,
        seconds=timeout,
        memory_bytes=parse_size(memory),
        reporter=session.out,
    )
    session.out.result(
        found.to_json(), lambda: csv_text(found) if csv else query_text(found), paged=True, as_is=csv
    )
    if not found.complete:
        session.out.warn(f"only the first {len(found.rows):,} rows; --limit N gives more")
