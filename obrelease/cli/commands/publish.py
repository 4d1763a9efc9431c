"""`obrelease publish`: check, pack, tag and upload runs as one release."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import (
    AttachOption,
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
    attach: AttachOption = None,
    notes: Annotated[
        str | None,
        typer.Option(
            "--notes",
            metavar="SOURCE",
            help="Own words above the results: a Markdown file, or changelog, commits, git-cliff, towncrier.",
        ),
    ] = None,
    join: Annotated[
        bool,
        typer.Option("--join", help="Add the assets to the release or draft that another tool made."),
    ] = False,
    keep_draft: Annotated[
        bool, typer.Option("--keep-draft", help="Leave the release a draft; --resume publishes it.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Finish an attempt that stopped, or publish the draft that was kept."),
    ] = False,
    abort: Annotated[
        bool,
        typer.Option("--abort", help="Remove the draft and unpushed tag of an attempt that stopped."),
    ] = False,
) -> None:
    """Check, pack, tag and upload runs as one release.

    Idempotent: it can be repeated. Without --forge github, the release goes into a folder that clones do
    not have: .git/obrelease/releases, or that of the setting `releases` (OBRELEASE_RELEASES).
    """
    _require_compatible(
        dry_run=dry_run, resume=resume, abort=abort, run=bool(run), attach=bool(attach), keep_draft=keep_draft
    )
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
        attach=attach or (),
        notes=notes,
        join=join,
        keep_draft=keep_draft,
        project=project,
        reporter=session.out,
    )
    outcome = "would publish" if dry_run else _OUTCOMES[str(result.uploaded)]
    place = result.url or result.plan.tag
    session.out.result(
        result.to_json(),
        lambda: release_text(f"{outcome} {place}", result, verbose=bool(session.out.verbose)),
    )


_OUTCOMES: Final = {
    "published": "published",
    "already published": "already published",
    "draft": "kept as a draft:",
    "joined": "added to the release of another tool:",
}


def _require_compatible(**given: bool) -> None:
    options = [f"--{name.replace('_', '-')}" for name, is_given in given.items() if is_given]
    if len(options) > 1 and {"--resume", "--abort"} & set(options):
        raise UsageError(f"{' and '.join(options)} cannot be combined", hint="pass only one")
