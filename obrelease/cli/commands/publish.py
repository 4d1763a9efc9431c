"""`obrelease publish`: check, pack, tag and upload runs as one release."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.options import (
    DryRunOption,
    ForgeOption,
    RemoteOption,
    RunOption,
    SignOption,
    TagArgument,
)
from obrelease.cli.console.output import counted, table
from obrelease.cli.console.settings import Settings
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.release.publish.publish_release import PublishResult
    from obrelease.release.publish.step import PublishContext


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
        bool, typer.Option("--resume", help="Finish a run that stopped: its commit, its runs.")
    ] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Take back the draft and the unpushed tag of a run that stopped.")
    ] = False,
) -> None:
    """Check, pack, tag and upload runs as one release.

    Idempotent: it can be repeated.
    """
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.plan import PublishOptions
    from obrelease.release.publish.publish_release import abort_release, publish_release

    _require_compatible(dry_run=dry_run, resume=resume, abort=abort, run=bool(run))
    settings = session.settings(results=results, remote=remote, forge=forge)
    parsed = Tag.parse(tag)
    if abort:
        with release_context(session, settings, uploads=True, needs_runs=False) as context:
            undone = abort_release(parsed, context)
        lines = [*(f"removed {what}" for what in undone.removed), *(f"kept {what}" for what in undone.kept)]
        report = {"tag": parsed.text, "removed": list(undone.removed), "kept": list(undone.kept)}
        session.out.result(report, "\n".join(lines))
        return
    options = PublishOptions(settings.project, parsed, tuple(run or ()), settings.remote, dry_run, resume)
    with release_context(session, settings, key=sign, uploads=True) as context:
        result = publish_release(options, context)
    words = "would publish" if dry_run else str(result.uploaded)
    session.out.result(report_json(result), lambda: report_text(f"{words} {result.plan.tag}", result))


def _require_compatible(**given: bool) -> None:
    options = [f"--{name.replace('_', '-')}" for name, is_given in given.items() if is_given]
    if len(options) > 1 and {"--resume", "--abort"} & set(options):
        raise UsageError(f"{' and '.join(options)} cannot be combined", hint="pass only one")


def release_context(
    session: Session,
    settings: Settings,
    *,
    key: Path | None = None,
    uploads: bool = False,
    needs_runs: bool = True,
) -> AbstractContextManager[PublishContext]:
    """Open the git repository, the registry and the forge of the settings for a release."""
    from obrelease.release.publish.step import open_context

    forge = forge_of(settings, session.out.note) if uploads else None
    registry = registry_of(settings, must_exist=needs_runs)
    return open_context(
        settings.root,
        registry,
        forge,
        schemas=settings.schemas,
        outputs=settings.outputs,
        reporter=session.out,
        key=key,
    )


def report_json(result: PublishResult) -> dict[str, Any]:
    """The result as `--json` prints it."""
    plan, bundle_file = result.plan, result.manifest.bundle
    return {
        "tag": plan.tag,
        "commit": plan.commit,
        "dry_run": plan.dry_run,
        "tagged": result.tagged,
        "uploaded": result.uploaded,
        "url": result.url or None,
        "bundle_sha256": bundle_file.sha256,
        "tar_sha256": bundle_file.tar_sha256,
        "manifest_sha256": result.manifest_sha256,
        "plan": plan.model_dump(mode="json"),
    }


def report_text(first: str, result: PublishResult) -> str:
    """The result as text."""
    plan = result.plan
    steps = [(step.name, step.state, step.reason) for step in plan.steps]
    assets = [(asset.name, str(asset.size), asset.sha256) for asset in plan.assets]
    acts = [(act.verb, act.target, act.request) for act in plan.acts if plan.dry_run]
    parts = [
        f"{first}: {counted(len(plan.runs), 'run')} at commit {plan.commit}",
        table(steps, ("step", "state", "")),
        table(assets, ("asset", "bytes", "sha256")),
        table(acts, ("act", "on", "by")),
        result.url,
    ]
    return "\n\n".join(part for part in parts if part)
