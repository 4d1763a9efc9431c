"""The release as one list: read `PUBLISH` and you know what `obrelease publish` does."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.errors import Conflict, NotFound, UsageError
from obrelease.models.manifest import Plan, PlanStep
from obrelease.models.validation import validation_messages
from obrelease.models.version_tag import Tag
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.plan_progress import (
    RESERVE_STEP,
    TAG_STEP,
    Course,
    continued,
    first_unfinished,
)
from obrelease.release.publish.step import Staging, Step, Tools
from obrelease.release.publish.steps.check_conflicts import Agree
from obrelease.release.publish.steps.collect import Collect
from obrelease.release.publish.steps.create_draft import Reserve
from obrelease.release.publish.steps.create_tag import TagCommit
from obrelease.release.publish.steps.pack import Pack
from obrelease.release.publish.steps.preflight import Preflight
from obrelease.release.publish.steps.render import Render
from obrelease.release.publish.steps.sign import Sign
from obrelease.release.publish.steps.upload import Upload

PUBLISH: Final[tuple[Step, ...]] = (
    Preflight(),
    Collect(),
    Render(),
    Pack(),
    Sign(),
    Agree(),
    Reserve(),
    TagCommit(),
    Upload(),
)
TAG: Final[tuple[Step, ...]] = (*PUBLISH[:6], TagCommit())
BUNDLE: Final[tuple[Step, ...]] = (Collect(), Render(), Pack(), Sign())


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for.

    Attributes:
        runs: digests or their beginnings; all runs of the registry where empty.
        remote: the git remote that the tag goes to, or None.
    """

    project: str
    tag: Tag
    runs: tuple[str, ...] = ()
    remote: str | None = None
    dry_run: bool = False


def plan_of(request: Request, steps: Sequence[Step], tools: Tools, commit: str) -> Plan:
    """Fix the plan: which commit, which runs, which steps. Reads only.

    Raises:
        NotFound: a run is not there, or its prefix is ambiguous.
        UsageError: the project's name cannot be part of a file's name.
    """
    entries = [tools.registry.resolve(run) for run in request.runs] or tools.registry.entries()
    try:
        return Plan(
            project=request.project,
            tag=request.tag.text,
            commit=commit,
            prerelease=request.tag.prerelease,
            forge=tools.forge.name if tools.forge else None,
            remote=request.remote,
            runs=tuple(sorted({entry.digest for entry in entries})),
            steps=tuple(PlanStep(name=step.name) for step in steps),
            claim="" if request.dry_run else secrets.token_hex(16),
            tag_found=tools.worktree.local_tag(request.tag.text) is not None,
            dry_run=request.dry_run,
        )
    except ValidationError as error:
        raise UsageError(
            f"no release can be planned with these settings: {validation_messages(error)[0]}",
            hint="look at [tool.obrelease] in pyproject.toml; `project` is lower case, digits, . _ -",
        ) from error


def resumed(journal: Journal, steps: Sequence[Step], tools: Tools) -> Plan:
    """The plan of the run that stopped: its commit and its runs, whatever is new since.

    Raises:
        NotFound: no run of this release stopped on its way.
        Conflict: it was begun on another forge.
    """
    former = journal.load()
    stopped = first_unfinished(former, steps) if former else None
    if former is None or stopped is None:
        raise NotFound(
            f"{journal.path.parent.name}: there is nothing to resume: "
            + ("it came to its end" if former else "it was not begun here"),
            hint="run `obrelease publish` without --resume; that is harmless when repeated",
        )
    forge = tools.forge.name if tools.forge else None
    if former.forge not in {None, forge}:
        raise Conflict(
            f"{former.tag} was begun on the forge {former.forge}, not on {forge}",
            hint=f"say --forge {former.forge}",
        )
    plan = former.model_copy(
        update={
            "forge": forge,
            "claim": former.claim or secrets.token_hex(16),
            "steps": tuple(PlanStep(name=step.name) for step in steps),
        }
    )
    return continued(plan, former)


def execute(
    plan: Plan, steps: Sequence[Step], tools: Tools, scratch: Path, journal: Journal | None
) -> tuple[Plan, Staging]:
    """Run the steps in their order; whatever ends is in the journal before the next thing begins.

    A step that a former run did is run again: each finds what is there, and checks it.

    Args:
        scratch: an empty folder for everything that the steps write before the tag.
        journal: None where nothing is to be remembered.

    Raises:
        ObreleaseError: whatever a step refuses; the journal says how far it came.
    """
    if journal is not None:
        plan = _continuing(journal, plan, steps, tools)
    course = Course(plan, journal)
    tools = replace(tools, acted=course.acted)
    staging = Staging(scratch)
    for step in steps:
        reason = step.skip(plan)
        if reason is None:
            staging = step.run(course.plan, tools, staging)
        else:
            tools.note(f"{step.name}: skipped: {reason}")
        course.ended(step.name, "skipped" if reason else "done", reason or "", staging, tools)
    return course.plan, staging


def _continuing(journal: Journal, plan: Plan, steps: Sequence[Step], tools: Tools) -> Plan:
    """A journal whose draft or tag was made binds the commit and the runs; an earlier one was only a try."""
    former = journal.load()
    if former is None:
        return plan
    same = (former.commit, former.runs) == (plan.commit, plan.runs)
    if same:
        plan = continued(plan, former)
        stopped = first_unfinished(former, steps)
        if stopped not in {None, steps[0].name}:
            tools.note(f"resuming at {stopped}; what was done before is checked again")
        return plan
    done = {step.name for step in former.steps if step.state == "done"}
    tagged = TAG_STEP in done and tools.worktree.local_tag(plan.tag) is not None
    drafted = RESERVE_STEP in done and _has_draft(former, tools)
    if tagged or drafted:
        raise Conflict(
            f"{plan.tag} was begun at {former.commit[:12]} with {len(former.runs)} runs; "
            f"this is {plan.commit[:12]} with {len(plan.runs)}",
            hint=_way_out(former, steps, journal),
        )
    return plan.model_copy(update={"claim": former.claim, "tag_found": former.tag_found})


def _way_out(former: Plan, steps: Sequence[Step], journal: Journal) -> str:
    if first_unfinished(former, steps) is None:
        return f"check out the tag: git switch --detach {former.tag}; or choose a new one"
    return (
        f"finish it with `obrelease publish {former.tag} --resume`, take it back with --abort, "
        f"or choose a new tag; the journal is {journal.path}"
    )


def _has_draft(former: Plan, tools: Tools) -> bool:
    forge = tools.forge
    return forge is not None and former.claim != "" and forge.claimed(former.tag, former.claim) is not None
