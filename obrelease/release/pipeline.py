"""The release as one list: read `PUBLISH` and you know what `obrelease publish` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.errors import Conflict, UsageError
from obrelease.models.release import Plan, PlanStep, StepState
from obrelease.models.tag import Tag
from obrelease.models.validation import explain
from obrelease.release.agree import Agree
from obrelease.release.collect import Collect
from obrelease.release.journal import Journal
from obrelease.release.pack import Pack
from obrelease.release.preflight import Preflight
from obrelease.release.render import Render
from obrelease.release.step import Staging, Step, Tools
from obrelease.release.tag import TagCommit
from obrelease.release.upload import Upload

PUBLISH: Final[tuple[Step, ...]] = (
    Preflight(),
    Collect(),
    Render(),
    Pack(),
    Agree(),
    TagCommit(),
    Upload(),
)
TAG: Final[tuple[Step, ...]] = PUBLISH[:-1]
BUNDLE: Final[tuple[Step, ...]] = (Collect(), Render(), Pack())


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
            dry_run=request.dry_run,
        )
    except ValidationError as error:
        raise UsageError(
            f"no release can be planned with these settings: {explain(error)[0]}",
            hint="look at [tool.obrelease] in pyproject.toml; `project` is lower case, digits, . _ -",
        ) from error


def execute(
    plan: Plan, steps: Sequence[Step], tools: Tools, scratch: Path, journal: Journal | None
) -> tuple[Plan, Staging]:
    """Run the steps in their order; every step that ends is written to the journal.

    Args:
        scratch: an empty folder for everything that the steps write before the tag.
        journal: None where nothing is to be remembered.

    Raises:
        ObreleaseError: whatever a step refuses; the journal says how far it came.
    """
    if journal is not None:
        _require_continuation(journal, plan, tools)
        journal.save(plan)
    staging = Staging(scratch)
    for step in steps:
        reason = step.skip(plan)
        if reason is None:
            staging = step.run(plan, tools, staging)
            plan = _advanced(plan, step.name, "done", "", staging)
        else:
            tools.note(f"{step.name}: skipped: {reason}")
            plan = _advanced(plan, step.name, "skipped", reason, staging)
        if journal is not None:
            journal.save(plan)
    return plan, staging


def _advanced(plan: Plan, name: str, state: StepState, reason: str, staging: Staging) -> Plan:
    done = PlanStep(name=name, state=state, reason=reason)
    steps = tuple(done if step.name == name else step for step in plan.steps)
    assets = tuple(asset.facts for asset in staging.packed.assets) if staging.packed else plan.assets
    return plan.model_copy(update={"steps": steps, "assets": assets})


def _require_continuation(journal: Journal, plan: Plan, tools: Tools) -> None:
    """A journal whose tag stands binds the commit and the runs; an earlier one was only a try."""
    former = journal.load()
    if former is None or not any(step.name == "tag" and step.state == "done" for step in former.steps):
        return
    if tools.worktree.local_tag(plan.tag) is None:
        return
    if former.commit != plan.commit or former.runs != plan.runs:
        raise Conflict(
            f"{plan.tag} was begun at {former.commit[:12]} with {len(former.runs)} runs; "
            f"this is {plan.commit[:12]} with {len(plan.runs)}",
            hint=f"name the same runs with --run, or choose a new tag; the journal is {journal.path}",
        )
