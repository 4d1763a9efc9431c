"""The course of a release: its plan while it is carried out, on the disk before the next thing happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from obrelease.models.manifest import Plan, PlanAct, PlanStep, StepState
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.step import Packed, Staging, Step, Tools

TAG_STEP: Final = "tag"
RESERVE_STEP: Final = "reserve"
_STEP_OF: Final = {"create-draft": RESERVE_STEP, "upload": "upload", "publish": "upload"}


class Course:
    """Holds the one plan of a run, and writes each change of it to the journal at once.

    The first is the end of the first step: a release that is refused before it begins leaves nothing.

    Args:
        journal: None where nothing is to be remembered.
    """

    def __init__(self, plan: Plan, journal: Journal | None) -> None:
        self.plan = plan
        self._journal = journal

    def ended(self, step: str, state: StepState, reason: str, staging: Staging, tools: Tools) -> None:
        """A step came to its end; once the files are packed, every act that follows is known."""
        done = PlanStep(name=step, state=state, reason=reason)
        steps = tuple(done if old.name == step else old for old in self.plan.steps)
        changed: dict[str, object] = {"steps": steps, "doubts": staging.doubts}
        if staging.packed is not None:
            assets = tuple(asset.facts for asset in staging.packed.assets)
            changed |= {"assets": assets, "acts": self._acts(staging.packed, tools)}
        self.plan = self.plan.model_copy(update=changed)
        self._save()

    def acted(self, verb: str, target: str) -> None:
        """An act was carried out, or was found to be done already."""
        acts = tuple(
            act.model_copy(update={"state": "done"}) if (act.verb, act.target) == (verb, target) else act
            for act in self.plan.acts
        )
        if acts != self.plan.acts:
            self.plan = self.plan.model_copy(update={"acts": acts})
            self._save()

    def _acts(self, packed: Packed, tools: Tools) -> tuple[PlanAct, ...]:
        done = {(act.verb, act.target) for act in self.plan.acts if act.state == "done"}
        names = {step.name for step in self.plan.steps}
        return tuple(
            act.model_copy(update={"state": "done"}) if (act.verb, act.target) in done else act
            for act in _outline(self.plan, packed, tools)
            if act.step in names
        )

    def _save(self) -> None:
        if self._journal is not None:
            self._journal.save(self.plan)


def _outline(plan: Plan, packed: Packed, tools: Tools) -> Iterable[PlanAct]:
    forge = tools.forge.outline(plan.tag, [a.facts.name for a in packed.assets]) if tools.forge else ()
    acts = [
        PlanAct(
            step=_STEP_OF.get(act.verb, "preflight"), verb=act.verb, target=act.target, request=act.request
        )
        for act in forge
    ]
    ref = f"refs/tags/{plan.tag}"
    tagging = [PlanAct(step=TAG_STEP, verb="create-tag", target=ref, request=f"git tag {plan.tag}")]
    if plan.remote is not None:
        push = f"git push {plan.remote} {ref}:{ref}"
        tagging.append(PlanAct(step=TAG_STEP, verb="push-tag", target=plan.remote, request=push))
    before = [act for act in acts if act.step != "upload"]
    return [*before, *tagging, *(act for act in acts if act.step == "upload")]


def continued(plan: Plan, former: Plan) -> Plan:
    """The plan with all that a former run of the same release has done; what it skipped is open again."""
    known = {step.name: step for step in former.steps if step.state == "done"}
    return plan.model_copy(
        update={
            "claim": former.claim,
            "tag_found": former.tag_found,
            "acts": former.acts,
            "steps": tuple(known.get(step.name, step) for step in plan.steps),
        }
    )


def first_unfinished(former: Plan, steps: Iterable[Step]) -> str | None:
    """Where a former run stopped, or None where it came to its end."""
    done = {step.name for step in former.steps if step.state == "done"}
    return next((step.name for step in steps if step.name not in done), None)
