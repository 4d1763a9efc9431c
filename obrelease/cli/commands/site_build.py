"""`obrelease site build`: write the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted

ToOption = Annotated[
    Path, typer.Option("--to", metavar="DIR", help="A new folder, or one that has a site already.")
]


@command("build")
def build(session: Session, to: ToOption = Path("site"), results: ResultsOption = None) -> None:
    """Write static pages of the registry.

    An overview with a sparkline for each metric, a page with a chart for each history, and a page for each
    run. The pages work from a folder, need no network, and are the same bytes for the same runs.
    Needs `obrelease[site]`.
    """
    report = api.build_site(to, project=session.project(results=results), reporter=session.out)
    session.out.result(report.to_json(), f"{report.folder / 'index.html'}")
    session.out.note(
        f"{counted(report.pages, 'file')}: {counted(report.histories, 'history', 'histories')},"
        f" {counted(report.runs, 'run')}"
    )
    for line in report.unreadable:
        session.out.warn(f"left out: {line}")
