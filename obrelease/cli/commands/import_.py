"""`obrelease import ...`: another tool's results become an artefact of this registry."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.open_registry import registry_of
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
        str | None, typer.Option("--scenario", metavar="NAME", help="Another name than the file suggests.")
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="Of the values in an hlog: ns, us or ms.",
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

    Its file is kept beside, byte by byte.
    """
    from obrelease.importers.artefact_builder import ImportRequest
    from obrelease.importers.formats import IMPORTERS
    from obrelease.storage.files import read_bounded

    registry = registry_of(session.settings(results=results), must_exist=False)
    request = ImportRequest(file.name, read_bounded(file), now_ns(), scenario, unit, clock)
    made = IMPORTERS[format_](request)
    entry = registry.record(made.artefact, made.files)
    measured = {"measurements": len(made.artefact.measurements), "histograms": len(made.artefact.histograms)}
    words = ", ".join(counted(number, noun[:-1]) for noun, number in measured.items())
    session.out.result(
        {"run": entry.as_json(), **measured}, f"{words}\nartefact  {entry.digest}\nfolder    {entry.folder}"
    )
