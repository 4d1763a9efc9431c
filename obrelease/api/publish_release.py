"""From runs to a release: publish, tag and bundle, or abort."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from obrelease.api.arguments import check_argument, checked_path
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.project_forge import forge_of, hosted_repository, limits_of
from obrelease.api.run_arguments import RunLike, chosen_runs
from obrelease.bundle.asset_names import top_folder
from obrelease.errors import UsageError
from obrelease.models.tag_pattern import require_pattern
from obrelease.models.version_tag import Tag
from obrelease.registry.store import Registry
from obrelease.release.publish.abort import AbortResult
from obrelease.release.publish.attached_files import files_of_patterns
from obrelease.release.publish.create_plan import PublishOptions
from obrelease.release.publish.publish_release import (
    PublishResult,
    abort_release,
    bundle_release,
    publish_release,
    tag_release,
)
from obrelease.release.publish.step import PublishContext, open_context
from obrelease.storage.reporter import SILENT, Reporter


def publish(
    tag: str,
    *,
    runs: Sequence[RunLike] | None = None,
    dry_run: bool = False,
    resume: bool = False,
    sign: str | os.PathLike[str] | None = None,
    attach: Sequence[str | os.PathLike[str]] = (),
    notes: str | None = None,
    join: bool = False,
    keep_draft: bool = False,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> PublishResult:
    """Check, pack, tag and upload runs as one release. Idempotent.

    Args:
        tag: the release's tag, such as `v1.0`.
        runs: entries, digests, prefixes or pinned names; all runs of the results folder if None.
        dry_run: do everything but tag and upload, in a temporary folder.
        resume: finish a publication that stopped, with its commit and its runs.
        sign: an SSH key file; a public one uses the agent.
        attach: files that are released with the results, such as wheels; those of the project are added.
        notes: own words above ours on the page: a Markdown file, or `changelog`, `commits`, `git-cliff` or
            `towncrier`; those of the project if None.
        join: add the assets to the release or draft of the tag that another tool made.
        keep_draft: leave the release a draft; `resume` publishes it.
        project: the repository, results folder, forge and git remote.

    Returns:
        The plan with its assets and acts, the manifest, and the address of the release.

    Raises:
        UsageError: a malformed tag or name, no run in `runs`, or `resume` with `runs` or `dry_run`.
        NotFound: a run is missing, or there is nothing to resume.
        CheckFailed: uncommitted changes, outdated schemas, or a run that failed its checks.
        IntegrityError, InvalidInput: a run is damaged.
        Conflict: the tag or the release exists with other contents.
        RemoteError: git or the forge failed; the next call continues from there.
        StorageError: the disk refused.

    Example:
        >>> publish("v1.0", dry_run=True).manifest_sha256
    """
    if resume and (dry_run or runs is not None or attach):
        raise UsageError("resume cannot be combined with dry_run, runs or attach", hint="pass only one")
    if join and keep_draft:
        raise UsageError(
            "join and keep_draft cannot be combined", hint="a release that is joined stays what it is"
        )
    owner = project_of(project)
    options = replace(
        _options(owner, tag, runs, dry_run=dry_run, resume=resume, attach=attach),
        notes=owner.notes if notes is None else notes,
        join=join,
        keep_draft=keep_draft,
    )
    with _context(owner, reporter, sign=sign, uploads=True) as context:
        return publish_release(options, context)


def tag_runs(
    tag: str,
    *,
    runs: Sequence[RunLike] | None = None,
    dry_run: bool = False,
    sign: str | os.PathLike[str] | None = None,
    attach: Sequence[str | os.PathLike[str]] = (),
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> PublishResult:
    """Create the annotated tag of a release, which carries its digests, and push it to the remote.

    Args: as for `publish`.

    Raises: as `publish`.
    """
    owner = project_of(project)
    options = _options(owner, tag, runs, dry_run=dry_run, attach=attach)
    with _context(owner, reporter, sign=sign) as context:
        return tag_release(options, context)


def bundle_runs(
    tag: str,
    output: str | os.PathLike[str] | None = None,
    *,
    runs: Sequence[RunLike] | None = None,
    sign: str | os.PathLike[str] | None = None,
    attach: Sequence[str | os.PathLike[str]] = (),
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> tuple[PublishResult, Path]:
    """Write the files of a release into a folder; the same runs give the same bytes.

    Args:
        output: the folder; `dist/NAME-TAG` below the project's root if None.
        tag, runs, sign, attach, project: as for `publish`.

    Returns:
        The release and the folder.

    Raises:
        Conflict: the folder contains something else; else as `publish`.
        UsageError: the default `dist` is a symbolic link.
    """
    owner = project_of(project)
    options = _options(owner, tag, runs, attach=attach)
    dist = owner.root / "dist"
    if output is None and dist.is_symlink():
        raise UsageError(f"{dist}: is a symbolic link", hint="name the folder for the files yourself")
    name = top_folder(options.project, options.tag.text)
    folder = dist / name if output is None else checked_path("output", output)
    with _context(owner, reporter, sign=sign) as context:
        return bundle_release(options, context, folder), folder


def abort_publish(tag: str, *, project: ProjectLike = ".", reporter: Reporter = SILENT) -> AbortResult:
    """Remove the draft and the unpushed tag of a publication that stopped; never anything public.

    Raises:
        UsageError: a malformed tag.
        Conflict: the release is public, or was begun on another forge.
        RemoteError: git or the forge failed; what it holds stays.
    """
    owner = project_of(project)
    parsed = _tag(owner, tag)
    with _context(owner, reporter, uploads=True, needs_runs=False) as context:
        return abort_release(parsed, context)


def _options(
    project: Project,
    tag: str,
    runs: Sequence[RunLike] | None,
    *,
    dry_run: bool = False,
    resume: bool = False,
    attach: Sequence[str | os.PathLike[str]] = (),
) -> PublishOptions:
    files = [checked_path("attach", file) for file in attach]
    return PublishOptions(
        project.name,
        _tag(project, tag),
        chosen_runs(runs),
        project.remote,
        dry_run,
        resume,
        attach=(*files_of_patterns(() if resume else project.attach, project.root), *files),
    )


def _tag(project: Project, tag: str) -> Tag:
    parsed = Tag.parse(check_argument("tag", tag, str, "a tag, such as 'v1.0'"))
    return require_pattern(parsed, project.tag)


@contextmanager
def _context(
    project: Project,
    reporter: Reporter,
    *,
    sign: str | os.PathLike[str] | None = None,
    uploads: bool = False,
    needs_runs: bool = True,
) -> Iterator[PublishContext]:
    forge = forge_of(project, reporter) if uploads else None
    registry = Registry(project.results_folder(must_exist=needs_runs))
    with open_context(
        project.root,
        registry,
        forge,
        schemas=project.schemas,
        outputs=project.outputs,
        reporter=reporter,
        key=None if sign is None else checked_path("sign", sign),
        hosted=hosted_repository(project),
        previous=project.previous,
    ) as context:
        yield replace(context, limits=limits_of(project, _remote_address(context, project.remote)))


def _remote_address(context: PublishContext, remote: str | None) -> str | None:
    return None if remote is None else context.repo.remote_url(remote)
