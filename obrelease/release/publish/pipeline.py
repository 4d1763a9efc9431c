"""The steps of a release in their order, and the loop that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from obrelease.models.plan import Plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.plan_progress import PlanProgress
from obrelease.release.publish.resume_plan import join_previous_attempt
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext, Step
from obrelease.release.publish.steps.check_conflicts import CheckConflicts
from obrelease.release.publish.steps.collect import Collect
from obrelease.release.publish.steps.create_draft import CreateDraft
from obrelease.release.publish.steps.create_tag import CreateTag
from obrelease.release.publish.steps.make_public import MakePublic
from obrelease.release.publish.steps.pack import Pack
from obrelease.release.publish.steps.preflight import Preflight
from obrelease.release.publish.steps.render import Render
from obrelease.release.publish.steps.require_committed import RequireCommitted
from obrelease.release.publish.steps.sign import Sign
from obrelease.release.publish.steps.upload import Upload

PUBLISH: Final[tuple[Step, ...]] = (
    Preflight(),  # refuse early: nothing is changed before everything was checked
    Collect(),
    RequireCommitted(),  # a tag names a commit: what is not in it cannot be verified
    Render(),
    Pack(),
    Sign(),
    CheckConflicts(),
    CreateDraft(),  # before the tag: a draft can be removed, a pushed tag cannot
    CreateTag(),
    Upload(),
    MakePublic(),  # last, and the only step that makes the release public
)
TAG: Final[tuple[Step, ...]] = (*PUBLISH[:7], CreateTag())
BUNDLE: Final[tuple[Step, ...]] = (Collect(), Render(), Pack(), Sign())


def run_steps(
    plan: Plan, steps: Sequence[Step], context: PublishContext, scratch: Path, journal: Journal | None
) -> tuple[Plan, StagedRelease]:
    """Run the steps in their order; the journal records each result before the next step begins.

    A step that a previous attempt finished runs again: each finds what exists, and checks it.

    Args:
        scratch: an empty folder for everything that the steps write before the tag.
        journal: None if nothing is recorded.

    Raises:
        ObreleaseError: a step failed; the journal says which steps are done.
    """
    if journal is not None:
        plan = join_previous_attempt(journal, plan, steps, context)
    progress = PlanProgress(plan, journal)
    context = replace(context, act_done=progress.act_done)
    staged = StagedRelease(scratch)
    for step in steps:
        reason = step.skip(plan)
        if reason is None:
            staged = step.run(progress.plan, context, staged)
        else:
            context.reporter.note(f"{step.name}: skipped: {reason}")
        progress.step_done(step.name, "skipped" if reason else "done", reason or "", staged, context)
    return progress.plan, staged
