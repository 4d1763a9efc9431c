"""The previous release: its runs compared with those of this release, each with a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.analysis.notes.release_delta import release_delta, unreadable_release
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.errors import ObreleaseError
from obrelease.models.plan import Plan
from obrelease.models.version_tag import Tag
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.previous_release import previous_release
from obrelease.release.verify.release_runs import ReleaseSource, runs_of_release


def find_previous_release(plan: Plan, context: PublishContext) -> Tag | None:
    """The release before this one; why this one is reported."""
    found = previous_release(
        Tag.parse(plan.tag), context.repo, results=context.registry.root, choice=context.previous
    )
    context.reporter.note(f"previous release: {found.reason}")
    return found.tag


def compare_with(tag: Tag, plan: Plan, context: PublishContext, runs: Sequence[Run]) -> str:
    """The section of the page on the previous release.

    The comparison is optional: if the previous release cannot be read, the section gives the reason,
    and publishing continues.
    """
    source = ReleaseSource(
        plan.project, context.repo, context.registry.root, context.forge, context.reporter.progress
    )
    try:
        with runs_of_release(tag, source) as registry:
            previous = [
                read_run(registry.load(entry), digest=entry.digest, folder=entry.folder)
                for entry in registry.find()
            ]
        return release_delta(tag.text, previous, runs)
    except ObreleaseError as error:
        return unreadable_release(tag.text, error.message)
