"""`obrelease publish`: check, pack, tag and upload runs as one release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from obrelease.models.manifest import Plan
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.step import Staging, Step, Tools


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
    from obrelease.release.publish.pipeline import PUBLISH

    _require_one_wish(dry_run=dry_run, resume=resume, abort=abort, run=bool(run))
    settings = session.settings(results=results, remote=remote, forge=forge)
    wanted = PublishOptions(tag, tuple(run or ()), dry_run, sign, resume)
    if abort:
        _abort(session, settings, wanted)
        return
    with executed(session, settings, wanted, PUBLISH, uploads=True) as (plan, staging):
        words = "would publish" if dry_run else str(staging.uploaded)
        session.out.result(
            report_json(plan, staging), lambda: report_text(f"{words} {plan.tag}", plan, staging)
        )


def _require_one_wish(**given: bool) -> None:
    wishes = [f"--{name.replace('_', '-')}" for name, is_given in given.items() if is_given]
    if len(wishes) > 1 and {"--resume", "--abort"} & set(wishes):
        raise UsageError(f"{' and '.join(wishes)} do not go together", hint="say one of them")


def _abort(session: Session, settings: Settings, wanted: PublishOptions) -> None:
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.abort import abort
    from obrelease.release.publish.journal import Journal

    parsed = Tag.parse(wanted.tag)
    tools = _tools(session, settings, None, uploads=True, needs_runs=False)
    try:
        done = abort(parsed.text, tools, Journal.of(tools.worktree.git_dir, parsed.text))
    finally:
        tools.worktree.close()
    report = {"tag": parsed.text, "removed": list(done.removed), "kept": list(done.kept)}
    lines = [*(f"removed {what}" for what in done.removed), *(f"kept {what}" for what in done.kept)]
    session.out.result(report, "\n".join(lines))


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What the user asked of a release."""

    tag: str
    runs: tuple[str, ...]
    dry_run: bool
    key: Path | None = None
    resume: bool = False


@contextmanager
def executed(
    session: Session,
    settings: Settings,
    wanted: PublishOptions,
    steps: Sequence[Step],
    *,
    uploads: bool = False,
) -> Iterator[tuple[Plan, Staging]]:
    """Run a pipeline in a scratch folder that lives as long as the block."""
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.journal import Journal
    from obrelease.release.publish.pipeline import Request, execute, plan_of, resumed

    parsed = Tag.parse(wanted.tag)
    tools = _tools(session, settings, wanted.key, uploads=uploads)
    tags = any(step.name == "tag" for step in steps)
    try:
        journal = Journal.of(tools.worktree.git_dir, parsed.text)
        if wanted.resume:
            plan = resumed(journal, steps, tools)
        else:
            request = Request(settings.project, parsed, wanted.runs, settings.remote, wanted.dry_run)
            plan = plan_of(request, steps, tools, _commit(tools, parsed, tags=tags))
        kept = journal if tags and not wanted.dry_run else None
        with temporary_folder(for_libraries=True) as scratch:
            yield execute(plan, steps, tools, scratch, kept)
    finally:
        tools.worktree.close()


def _tools(
    session: Session, settings: Settings, key: Path | None, *, uploads: bool, needs_runs: bool = True
) -> Tools:
    from obrelease.release.publish.step import Tools
    from obrelease.remote.git.repository import Worktree

    forge = forge_of(settings, session.out.note) if uploads else None
    registry = registry_of(settings, must_exist=needs_runs)
    return Tools(
        worktree=Worktree.open(settings.root),
        registry=registry,
        forge=forge,
        schemas=settings.schemas,
        outputs=(*settings.outputs, settings.root / "dist"),
        progress=session.out.progress,
        note=session.out.note,
        detail=session.out.detail,
        warn=session.out.warn,
        key=key,
    )


def _commit(tools: Tools, tag: Tag, *, tags: bool) -> str:
    """HEAD; a bundle is of the commit that the tag names already, where there is one."""
    present = None if tags else tools.worktree.local_tag(tag.text)
    return present.commit if present else tools.worktree.head()


def report_json(plan: Plan, staging: Staging) -> dict[str, Any]:
    """The result as `--json` prints it."""
    from obrelease.release.publish.step import packed_of

    packed = packed_of(staging)
    return {
        "tag": plan.tag,
        "commit": plan.commit,
        "dry_run": plan.dry_run,
        "tagged": staging.tagged,
        "uploaded": staging.uploaded,
        "url": staging.url or None,
        "bundle_sha256": packed.manifest.bundle.sha256,
        "tar_sha256": packed.manifest.bundle.tar_sha256,
        "manifest_sha256": packed.manifest_sha256,
        "plan": plan.model_dump(mode="json"),
    }


def report_text(first: str, plan: Plan, staging: Staging) -> str:
    """The result as text."""
    steps = [(step.name, step.state, step.reason) for step in plan.steps]
    assets = [(asset.name, str(asset.size), asset.sha256) for asset in plan.assets]
    acts = [(act.verb, act.target, act.request) for act in plan.acts if plan.dry_run]
    parts = [
        f"{first}: {counted(len(plan.runs), 'run')} at commit {plan.commit}",
        table(steps, ("step", "state", "")),
        table(assets, ("asset", "bytes", "sha256")),
        table(acts, ("act", "on", "by")),
        staging.url,
    ]
    return "\n\n".join(part for part in parts if part)
