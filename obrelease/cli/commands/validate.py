"""`obrelease validate`: check documents and the files that they list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted


@command("validate")
def validate(
    session: Session,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Artefacts, documents or trees of them.", show_default=False),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Check documents and the files that they list.

    Documents are checked against their schemas, files byte by byte, and derived numbers are computed again.
    With -v each is named as it is checked.
    """
    if paths:
        report = api.validate(*paths, reporter=session.out)
    else:
        report = session.registry(results, must_exist=True).validate(reporter=session.out)
    session.out.result(report.to_json(), "\n".join(map(str, report.problems)))
    report.require_valid()
    session.out.note(f"{counted(report.checked, 'artefact or document', 'artefacts and documents')}: valid")
