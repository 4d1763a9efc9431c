"""`obrelease publish`: check, pack, tag and upload runs as one release."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import (
    DryRunOption,
    ForgeOption,
    RemoteOption,
    RunOption,
    SignOption,
    TagArgument,
)
from obrelease.cli.rendering.release import abort_text, release_text
from obrelease.errors import UsageError


@command("publish")
def publish(
    session: Session,
    tag: TagArgument,
    dry_run: DryRunOption = False,
    forge: ForgeOption = None,
    run: RunOption = None,
    results: ResultsOption = None,
    remote: RemoteOption = None,
    sign: SignOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish an attempt that stopped, with its commit and its runs.")
    ] = False,
    abort: Annotated[
        bool,
        typer.Option("--abort", help="Remove the draft and unpushed tag of an attempt that stopped."),
    ] = False,
) -> None:
    """Check, pack, tag and upload runs as one release.

    Idempotent: it can be repeated.
    """
    _require_compatible(dry_run=dry_run, resume=resume, abort=abort, run=bool(run))
    project = session.project(results=results, remote=remote, forge=forge)
    if abort:
        undone = api.abort_publish(tag, project=project, reporter=session.out)
        session.out.result(undone.to_json(tag), abort_text(undone))
        return
    result = api.publish(
        tag,
        runs=run or None,
        dry_run=dry_run,
        resume=resume,
        sign=sign,
        project=project,
        reporter=session.out,
    )
    outcome = "would publish" if dry_run else str(result.uploaded)
    session.out.result(result.to_json(), lambda: release_text(f"{outcome} {result.plan.tag}", result))


def _require_compatible(**given: bool) -> None:
    options = [f"--{name.replace('_', '-')}" for name, is_given in given.items() if is_given]
    if len(options) > 1 and {"--resume", "--abort"} & set(options):
        raise UsageError(f"{' and '.join(options)} cannot be combined", hint="pass only one")
