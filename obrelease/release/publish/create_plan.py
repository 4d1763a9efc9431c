"""What to release, and the plan made of it: the commit, the runs and the steps."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from obrelease.errors import UsageError
from obrelease.models.plan import Plan, PlanStep
from obrelease.models.validation import model_errors
from obrelease.models.version_tag import Tag
from obrelease.release.publish.attached_files import distinct_files
from obrelease.release.publish.step import PublishContext, Step
from obrelease.remote.git.remote_tags import remote_of


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What to release.

    Attributes:
        project: the name in asset names and notes.
        runs: digests or digest prefixes; all runs of the registry if empty.
        remote: the git remote that the tag is pushed to; if None, the one that points at the forge's
            repository, unless that has the tag already.
        dry_run: do everything except the tag and the upload.
        resume: finish the previous attempt, with its commit and its runs.
        attach: files that are released with the results.
        notes: the source of own words on the page, see `own_words`; "" for none.
        join: add the assets to a release that another tool made.
        keep_draft: leave the release a draft.
    """

    project: str
    tag: Tag
    runs: tuple[str, ...] = ()
    remote: str | None = None
    dry_run: bool = False
    resume: bool = False
    attach: tuple[Path, ...] = ()
    notes: str = ""
    join: bool = False
    keep_draft: bool = False


def create_plan(options: PublishOptions, steps: Sequence[Step], context: PublishContext, commit: str) -> Plan:
    """Fix the commit, the runs and the steps. Reads only.

    Raises:
        NotFound: a run is missing, or its digest prefix is ambiguous.
        UsageError: the project's name cannot be part of a file name.
    """
    remote = options.remote or _default_remote(options.tag, context)
    entries = [context.registry.resolve(run) for run in options.runs] or context.registry.find()
    where = "no release can be planned with these settings"
    hint = "check [tool.obrelease] in pyproject.toml; `project` has lower case letters, digits, . _ -"
    with model_errors(where, kind=UsageError, hint=hint):
        return Plan(
            project=options.project,
            tag=options.tag.text,
            commit=commit,
            prerelease=options.tag.prerelease,
            forge=context.forge.name if context.forge else None,
            remote=remote,
            runs=tuple(sorted({entry.digest for entry in entries})),
            steps=tuple(PlanStep(name=step.name) for step in steps),
            claim="" if options.dry_run else secrets.token_hex(16),
            tag_found=context.repo.local_tag(options.tag.text) is not None,
            attach=tuple(str(path) for path in distinct_files(options.attach)),
            notes=options.notes,
            join=options.join,
            keep_draft=options.keep_draft,
            dry_run=options.dry_run,
        )


def _default_remote(tag: Tag, context: PublishContext) -> str | None:
    """The remote that points at the forge's repository, if that has yet to get the tag."""
    forge = context.forge
    if forge is None or context.hosted is None or not forge.hosts_tags:
        return None
    return None if forge.tag_object(tag.text) is not None else remote_of(context.repo, context.hosted)
