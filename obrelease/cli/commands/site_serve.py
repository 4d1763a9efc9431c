"""`obrelease site serve`: look at the pages."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.errors import UsageError


@command("serve")
def serve(
    session: Session,
    port: Annotated[int, typer.Option("--port", metavar="N", help="The port; 0 for a free one.")] = 8000,
    results: ResultsOption = None,
) -> None:
    """Build the pages and serve them on this machine.

    They are in a temporary folder. Only 127.0.0.1 is listened to. Ctrl-C ends it.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"--port is {port}; it is from 0 to 65535")
    project = session.project(results=results)
    api.serve_site(
        project=project,
        port=port,
        reporter=session.out,
        ready=lambda address: session.out.result({"address": address}, address),
    )
