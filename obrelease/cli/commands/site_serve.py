"""`obrelease site serve`: look at the pages."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command


@command("serve")
def serve(
    session: Session,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65_535, help="The port; 0 for a free one.")
    ] = 8000,
    results: ResultsOption = None,
) -> None:
    """Build the pages in a temporary folder and serve them on this machine alone.

    Only 127.0.0.1 is listened to. Ctrl-C ends it.
    """
    project = session.project(results=results)
    api.serve_site(
        project=project,
        port=port,
        reporter=session.out,
        ready=lambda address: session.out.result({"address": address}, address),
    )
