"""The plan of a release while its steps run; every change is written to the journal at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from obrelease.models.plan import Plan, PlanAct, PlanStep, StepState
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext, Step

TAG_STEP: Final = "tag"
CREATE_DRAFT_STEP: Final = "reserve"
UPLOAD_STEP: Final = "upload"
PUBLISH_STEP: Final = "publish"
_STEP_OF_ACT: Final = {
    "create-draft": CREATE_DRAFT_STEP,
    "upload": UPLOAD_STEP,
    "set-page": UPLOAD_STEP,
    "publish": PUBLISH_STEP,
}


class PlanProgress:
    """Holds the plan of a release and records what is done.

    The first write is the end of the first step: a release that the preflight refuses leaves no journal.

    Args:
        journal: None if nothing is recorded.
    """

    def __init__(self, plan: Plan, journal: Journal | None) -> None:
        self.plan = plan
        self._journal = journal

    def step_done(
        self, step: str, state: StepState, reason: str, staged: StagedRelease, context: PublishContext
    ) -> None:
        """Record the end of a step; once the files are packed, all later acts are known as well."""
        done = PlanStep(name=step, state=state, reason=reason)
        steps = tuple(done if old.name == step else old for old in self.plan.steps)
        changed: dict[str, object] = {"steps": steps, "doubts": staged.doubts}
        if staged.packed is not None:
            assets = tuple(asset.facts for asset in staged.packed.assets)
            changed |= {"assets": assets, "acts": self._acts(staged.packed, context)}
        self.plan = self.plan.model_copy(update=changed)
        self._save()

    def act_done(self, verb: str, target: str) -> None:
        """Record an act that was carried out, or was found to be done already."""
        acts = tuple(
            act.model_copy(update={"state": "done"}) if (act.verb, act.target) == (verb, target) else act
            for act in self.plan.acts
        )
        if acts != self.plan.acts:
            self.plan = self.plan.model_copy(update={"acts": acts})
            self._save()

    def _acts(self, packed: PackedRelease, context: PublishContext) -> tuple[PlanAct, ...]:
        done = {(act.verb, act.target) for act in self.plan.acts if act.state == "done"}
        names = {step.name for step in self.plan.steps}
        return tuple(
            act.model_copy(update={"state": "done"}) if (act.verb, act.target) in done else act
            for act in _planned_acts(self.plan, packed, context)
            if act.step in names
        )

    def _save(self) -> None:
        if self._journal is not None:
            self._journal.save(self.plan)


def _planned_acts(plan: Plan, packed: PackedRelease, context: PublishContext) -> Iterable[PlanAct]:
    names = [asset.facts.name for asset in packed.assets]
    acts = [
        PlanAct(
            step=_STEP_OF_ACT.get(act.verb, "preflight"),
            verb=act.verb,
            target=act.target,
            request=act.request,
        )
        for act in (context.forge.planned_acts(plan.tag, names, joins=plan.join) if context.forge else ())
    ]
    ref = f"refs/tags/{plan.tag}"
    tagging = [PlanAct(step=TAG_STEP, verb="create-tag", target=ref, request=f"git tag {plan.tag}")]
    if plan.remote is not None:
        push = f"git push {plan.remote} {ref}:{ref}"
        tagging.append(PlanAct(step=TAG_STEP, verb="push-tag", target=plan.remote, request=push))
    last = {UPLOAD_STEP, PUBLISH_STEP}
    before = [act for act in acts if act.step not in last]
    return [*before, *tagging, *(act for act in acts if act.step in last)]


def continue_plan(plan: Plan, previous: Plan) -> Plan:
    """The plan with everything that a previous attempt finished; steps that it skipped are open again."""
    finished = {step.name: step for step in previous.steps if step.state == "done"}
    return plan.model_copy(
        update={
            "claim": previous.claim,
            "tag_found": previous.tag_found,
            "acts": previous.acts,
            "steps": tuple(finished.get(step.name, step) for step in plan.steps),
        }
    )


def first_unfinished(previous: Plan, steps: Iterable[Step]) -> str | None:
    """The step at which a previous attempt stopped, or None if it reached the end."""
    done = {step.name for step in previous.steps if step.state == "done"}
    return next((step.name for step in steps if step.name not in done), None)
