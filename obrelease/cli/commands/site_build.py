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
def build(
    session: Session,
    to: ToOption = Path("site"),
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare", metavar="BASE HEAD", help="Add a page that compares two sides, each as for `diff`."
        ),
    ] = None,
    single: Annotated[
        Path | None,
        typer.Option(
            "--single", metavar="FILE", help="Write one self-contained page, such as report.html, instead."
        ),
    ] = None,
    across_hosts: Annotated[
        bool,
        typer.Option(
            "--across-hosts",
            help="One history of all machines; a change is a break, bridged by commits measured on both.",
        ),
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Write static pages of the registry.

    An overview with a sparkline for each metric, a page with a chart for each history, and a page for each
    run. With --single, one page of all histories and their changes, to attach to a release or a message.
    The pages work from a folder, need no network, and are the same bytes for the same runs.
    Needs `obrelease[site]`.
    """
    project, pairs = session.project(results=results), [compare] if compare else []
    if single is not None:
        report = api.build_report_file(
            single, project=project, compare=pairs, across_hosts=across_hosts, reporter=session.out
        )
    else:
        report = api.build_site(
            to, project=project, compare=pairs, across_hosts=across_hosts, reporter=session.out
        )
    session.out.result(
        report.to_json(), f"{report.folder if single is not None else report.folder / 'index.html'}"
    )
    session.out.note(
        f"{counted(report.pages, 'file')}: {counted(report.histories, 'history', 'histories')},"
        f" {counted(report.runs, 'run')}"
    )
    for line in report.unreadable:
        session.out.warn(f"left out: {line}")
