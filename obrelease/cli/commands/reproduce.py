"""`obrelease reproduce`: repeat a run and require the same events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import CORES, runs, words
from obrelease.cli.rendering.reproduction import reproduction_text


@command("reproduce")
def reproduce(
    session: Session,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="A digest or its prefix, a pinned name, or `latest`.",
            autocompletion=runs,
        ),
    ],
    core: Annotated[
        str | None,
        typer.Option(
            "--core",
            metavar="NAME",
            help="reference, native or auto. [default: the core of the run]",
            autocompletion=words(**CORES),
        ),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="The data file that a replay read.")
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="MODULE:FUNCTION",
            help="The strategy of the run: your code, installed, or ./file.py:function.",
        ),
    ] = None,
    max_messages: Annotated[
        int,
        typer.Option("--max-messages", metavar="N", help="Refuse a run of more messages."),
    ] = 20_000_000,
    results: ResultsOption = None,
) -> None:
    """Repeat a run and require the same events.

    Everything is read from its artefact; exit code 10 if they differ.
    """
    registry = session.registry(results, must_exist=True)
    report = api.reproduce(
        digest,
        registry=registry,
        core=core,
        trace=trace,
        strategy=strategy,
        max_messages=max_messages,
        reporter=session.out,
    )
    session.out.result(report.to_json(), lambda: reproduction_text(report))
    report.require_reproduced()
