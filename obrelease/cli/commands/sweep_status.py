"""`obrelease sweep status`: show how far a sweep is."""

from __future__ import annotations

from pathlib import Path

from obrelease import api
from obrelease.cli.commands.sweep import SweepFileArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.rendering.sweep import status_text


@command("status")
def status(
    session: Session, file: SweepFileArgument = Path("sweep.toml"), results: ResultsOption = None
) -> None:
    """Show progress, rate, and who measures what.

    A process on this machine is shown as running or ended; of other machines it is not known. It changes
    nothing.
    """
    found = api.read_sweep_status(file, project=session.project(results=results))
    session.out.result(found.to_json(), lambda: status_text(found))
