"""`obrelease tag`, `bundle` and `publish`: from runs to a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.console.command import ResultsOption, Session, command, named_folder
from obrelease.cli.console.completion import runs, tags, words
from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.output import counted, table
from obrelease.cli.console.settings import Settings
from obrelease.cli.console.workspace import scratch_folder
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.models.manifest import Plan
    from obrelease.models.version_tag import Tag
    from obrelease.release.publish.step import Staging, Step, Tools

TagArgument = Annotated[
    str,
    typer.Argument(metavar="TAG", help="The release's tag, such as v0.9-beta.", autocompletion=tags),
]
RunOption = Annotated[
    list[str] | None,
    typer.Option(
        "--run",
        metavar="DIGEST",
        help="Release this run; may be repeated. [default: all runs]",
        autocompletion=runs,
    ),
]
RemoteOption = Annotated[
    str | None,
    typer.Option("--remote", metavar="NAME", help="Push the tag to this git remote. [env: OBRELEASE_REMOTE]"),
]
ForgeOption = Annotated[
    str | None,
    typer.Option(
        "--forge",
        metavar="NAME",
        help="directory or github. [env: OBRELEASE_FORGE]",
        autocompletion=words("directory", "github"),
    ),
]
SignOption = Annotated[
    Path | None,
    typer.Option("--sign", metavar="KEY", help="Sign with this SSH key file; a public one uses the agent."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but tag and upload, in a scratch folder.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "tag")(tag)
    command(app, "bundle")(bundle)
    command(app, "publish")(publish)


def tag(
    session: Session,
    tag: TagArgument,
    run: RunOption = None,
    results: ResultsOption = None,
    remote: RemoteOption = None,
    dry_run: DryRunOption = False,
    sign: SignOption = None,
) -> None:
    """Make the annotated tag of a release.

    It carries the digests of the bundle and of the manifest.
    """
    from obrelease.release.publish.pipeline import TAG

    settings = session.settings(results=results, remote=remote)
    wanted = _Wanted(tag, tuple(run or ()), dry_run, sign)
    with _executed(session, settings, wanted, TAG) as (plan, staging):
        words = "would tag" if dry_run else f"tag {staging.tagged}:"
        session.out.result(_report(plan, staging), lambda: _text(f"{words} {plan.tag}", plan, staging))


def bundle(
    session: Session,
    tag: TagArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", parser=named_folder, help="Where to. [default: dist/PROJECT-TAG]"
        ),
    ] = None,
    run: RunOption = None,
    results: ResultsOption = None,
    sign: SignOption = None,
) -> None:
    """Write the files of a release into a folder.

    The same runs give the same bytes.
    """
    from obrelease.release.publish.export_folder import deliver
    from obrelease.release.publish.pipeline import BUNDLE
    from obrelease.release.publish.step import packed_of

    settings = session.settings(results=results)
    wanted = _Wanted(tag, tuple(run or ()), dry_run=False, key=sign)
    with _executed(session, settings, wanted, BUNDLE) as (plan, staging):
        folder = output or settings.root / "dist" / f"{plan.project}-{plan.tag}"
        deliver(packed_of(staging), folder)
        report = {**_report(plan, staging), "output": str(folder)}
        session.out.result(report, lambda: _text(f"wrote {folder}", plan, staging))


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

    Harmless when repeated.
    """
    from obrelease.release.publish.pipeline import PUBLISH

    _require_one_wish(dry_run=dry_run, resume=resume, abort=abort, run=bool(run))
    settings = session.settings(results=results, remote=remote, forge=forge)
    wanted = _Wanted(tag, tuple(run or ()), dry_run, sign, resume)
    if abort:
        _abort(session, settings, wanted)
        return
    with _executed(session, settings, wanted, PUBLISH, uploads=True) as (plan, staging):
        words = "would publish" if dry_run else str(staging.uploaded)
        session.out.result(_report(plan, staging), lambda: _text(f"{words} {plan.tag}", plan, staging))


def _require_one_wish(**given: bool) -> None:
    wishes = [f"--{name.replace('_', '-')}" for name, is_given in given.items() if is_given]
    if len(wishes) > 1 and {"--resume", "--abort"} & set(wishes):
        raise UsageError(f"{' and '.join(wishes)} do not go together", hint="say one of them")


def _abort(session: Session, settings: Settings, wanted: _Wanted) -> None:
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
class _Wanted:
    tag: str
    runs: tuple[str, ...]
    dry_run: bool
    key: Path | None = None
    resume: bool = False


@contextmanager
def _executed(
    session: Session, settings: Settings, wanted: _Wanted, steps: Sequence[Step], *, uploads: bool = False
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
        with scratch_folder() as scratch:
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


def _report(plan: Plan, staging: Staging) -> dict[str, Any]:
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


def _text(first: str, plan: Plan, staging: Staging) -> str:
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
