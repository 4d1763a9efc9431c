"""`obrelease tag`: create the annotated tag of a release."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import (
    AttachOption,
    DryRunOption,
    RemoteOption,
    RunOption,
    SignOption,
    TagArgument,
)
from obrelease.cli.rendering.release import release_text


@command("tag")
def tag(
    session: Session,
    tag: TagArgument,
    run: RunOption = None,
    results: ResultsOption = None,
    remote: RemoteOption = None,
    dry_run: DryRunOption = False,
    sign: SignOption = None,
    attach: AttachOption = None,
) -> None:
    """Create the annotated tag of a release.

    It carries the digests of the bundle and of the manifest.
    """
    project = session.project(results=results, remote=remote)
    result = api.tag_runs(
        tag,
        runs=run or None,
        dry_run=dry_run,
        sign=sign,
        attach=attach or (),
        project=project,
        reporter=session.out,
    )
    name = result.plan.tag
    outcome = "would tag" if dry_run else f"tag {result.tagged}:"
    session.out.result(
        result.to_json(), lambda: release_text(f"{outcome} {name}", result, verbose=bool(session.out.verbose))
    )
    if not dry_run:
        session.out.note(
            f"next: `obrelease publish {name}`, unless a workflow publishes the tags of the remote"
        )
