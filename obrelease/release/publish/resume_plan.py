"""The plan of a release that an earlier attempt began: resumed, or joined with a new plan."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from obrelease.errors import Conflict, NotFound
from obrelease.models.plan import Plan, PlanStep
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.plan_progress import (
    CREATE_DRAFT_STEP,
    TAG_STEP,
    continue_plan,
    first_unfinished,
)
from obrelease.release.publish.step import PublishContext, Step


def resume_plan(journal: Journal, steps: Sequence[Step], context: PublishContext) -> Plan:
    """The plan of the attempt that stopped, with its commit and its runs.

    Raises:
        NotFound: no attempt of this release stopped before its end.
        Conflict: it was started on another forge.
    """
    previous = journal.load()
    stopped = first_unfinished(previous, steps) if previous else None
    if previous is None or stopped is None:
        raise NotFound(
            f"{previous.tag if previous else journal.path.parent.name}: there is nothing to resume: "
            + ("the release is complete" if previous else "no release was started here"),
            hint="run `obrelease publish` without --resume; it is idempotent",
        )
    forge = context.forge.name if context.forge else None
    if previous.forge not in {None, forge}:
        raise Conflict(
            f"{previous.tag} was started on the forge {previous.forge}, not on {forge}",
            hint=f"use --forge {previous.forge}",
        )
    plan = previous.model_copy(
        update={
            "forge": forge,
            "keep_draft": False,
            "claim": previous.claim or secrets.token_hex(16),
            "steps": tuple(PlanStep(name=step.name) for step in steps),
        }
    )
    return continue_plan(plan, previous)


def join_previous_attempt(
    journal: Journal, plan: Plan, steps: Sequence[Step], context: PublishContext
) -> Plan:
    """The plan, with what the journal says is done already.

    A previous attempt that made the draft or the tag binds the commit and the runs.

    Raises:
        Conflict: the previous attempt made a draft or a tag for another commit or other runs.
    """
    previous = journal.load()
    if previous is None:
        return plan
    if (previous.commit, previous.runs) == (plan.commit, plan.runs):
        plan = continue_plan(plan, previous)
        stopped = first_unfinished(previous, steps)
        if stopped not in {None, steps[0].name}:
            context.reporter.note(f"resuming at {stopped}; finished steps are checked again")
        return plan
    done = {step.name for step in previous.steps if step.state == "done"}
    has_tag = TAG_STEP in done and context.repo.local_tag(plan.tag) is not None
    has_draft = CREATE_DRAFT_STEP in done and _has_draft(previous, context)
    if has_tag or has_draft:
        raise Conflict(
            f"{plan.tag} was started at {previous.commit[:12]} with {len(previous.runs)} runs; "
            f"this is {plan.commit[:12]} with {len(plan.runs)}",
            hint=_hint_for_conflict(previous, steps, journal),
        )
    return plan.model_copy(update={"claim": previous.claim, "tag_found": previous.tag_found})


def _hint_for_conflict(previous: Plan, steps: Sequence[Step], journal: Journal) -> str:
    if first_unfinished(previous, steps) is None:
        return f"check out the tag: git switch --detach {previous.tag}; or choose a new one"
    return (
        f"finish it with `obrelease publish {previous.tag} --resume`, undo it with --abort, "
        f"or choose a new tag; the journal is {journal.path}"
    )


def _has_draft(previous: Plan, context: PublishContext) -> bool:
    forge = context.forge
    if forge is None or previous.claim == "":
        return False
    return forge.find_claimed(previous.tag, previous.claim) is not None
