"""`obrelease sync`: bring both sides of a shared registry to the same runs."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.rendering.sharing import shared_text


@command("sync")
def sync(
    session: Session,
    remote: Annotated[
        str, typer.Argument(metavar="REMOTE", help="A name from `obrelease remote`, or oci://HOST/PATH.")
    ],
    results: ResultsOption = None,
) -> None:
    """Bring both sides of a shared registry to the same runs.

    Runs that only this machine has are pushed, runs that only the registry has are pulled. Nothing is
    removed on either side.
    """
    project = session.project(results=results)
    registry = api.Registry(project.results_folder(must_exist=False))
    report = api.sync_runs(registry, remote, project=project, reporter=session.out)
    session.out.result(report.to_json(), lambda: shared_text(report))
    for warning in report.warnings:
        session.out.warn(warning)
