"""`obrelease pull`: pull runs of a shared registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command, named_folder
from obrelease.cli.console.options import RunsThenRemote, split_remote
from obrelease.cli.rendering.sharing import shared_text
from obrelease.errors import UsageError


@command("pull")
def pull(
    session: Session,
    names: RunsThenRemote,
    attachments: Annotated[
        Path | None,
        typer.Option(
            "--attachments",
            metavar="DIR",
            parser=named_folder,
            help="Write what is attached to the runs, such as signatures, into this folder.",
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Pull runs of a shared registry.

    REMOTE comes last: a name from `obrelease remote`, or oci://HOST/PATH. Before it come digests, prefixes
    of digests, or filters as for `list`. Every byte is hashed and checked before a run is recorded; tags,
    manifests and lists of the registry are hints.
    """
    runs, remote = split_remote(names)
    if not runs:
        raise UsageError(
            "which runs?", hint=f"obrelease pull DIGEST {remote}, or `obrelease sync {remote}` for all"
        )
    project = session.project(results=results)
    registry = api.Registry(project.results_folder(must_exist=False))
    report = api.pull_runs(registry, remote, runs, project=project, reporter=session.out)
    if attachments is not None:
        for digest in report.digests:
            for path in api.fetch_attachments(remote, digest, attachments, project=project):
                session.out.note(f"attached: {path}")
    session.out.result(report.to_json(), lambda: shared_text(report))
