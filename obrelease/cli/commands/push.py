"""`obrelease push`: push runs or a release to a shared registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command, named_folder
from obrelease.cli.console.options import RunsThenRemote, split_remote
from obrelease.cli.console.output import counted
from obrelease.cli.rendering.sharing import shared_text
from obrelease.errors import UsageError


@command("push")
def push(
    session: Session,
    names: RunsThenRemote,
    release: Annotated[
        Path | None,
        typer.Option(
            "--release",
            metavar="DIR",
            parser=named_folder,
            help="Push the release in this folder in place of runs, once it was verified.",
        ),
    ] = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach",
            metavar="FILE",
            help="Attach this file to the one run that is pushed, such as a signature or a verdict; may be"
            " repeated.",
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Push runs to a shared registry.

    REMOTE comes last: a name from `obrelease remote`, or oci://HOST/PATH. Before it come runs, as digests,
    their prefixes, pinned names or filters in quotes; without any, all runs are pushed. A run that is there
    costs one request. What was interrupted continues with the same command.
    """
    runs, remote = split_remote(names)
    if release is not None:
        if runs or attach:
            raise UsageError("--release takes a remote alone", hint=f"obrelease push --release DIR {remote}")
        _push_release(session, release, remote)
        return
    if attach and len(runs) != 1:
        raise UsageError("--attach takes one run", hint=f"obrelease push DIGEST {remote} --attach FILE")
    project = session.project(results=results)
    registry = api.Registry(project.results_folder(must_exist=True))
    report = api.push_runs(registry, remote, runs or None, project=project, reporter=session.out)
    if attach:
        api.attach_to_run(registry, remote, runs[0], attach, project=project)
        session.out.note(f"{counted(len(attach), 'file')} attached to {runs[0]}")
    session.out.result(report.to_json(), lambda: shared_text(report))
    for warning in report.warnings:
        session.out.warn(warning)


def _push_release(session: Session, folder: Path, remote: str) -> None:
    pushed = api.push_release_folder(folder, remote, project=session.project(), reporter=session.out)
    session.out.result(
        {
            "tag": pushed.tag,
            "address": pushed.address,
            "files": list(pushed.files),
            "signatures": list(pushed.signatures),
        },
        f"{pushed.address}: {counted(len(pushed.files), 'file')},"
        f" {counted(len(pushed.signatures), 'signature')}; `obrelease verify {pushed.address}` checks it",
    )
