"""The plan of a release; its stored form is the journal of publishing.

Format history (``PLAN_VERSION``):

1. First version.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import StringConstraints, model_validator

from obrelease.models.artefact import Text
from obrelease.models.base import Commit, Digest, Document, Slug, require_sorted
from obrelease.models.manifest import ReleaseAsset
from obrelease.models.version_tag import Tag, TagText

Claim = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")]

PLAN_VERSION: Final = 1

StepState = Literal["pending", "done", "skipped"]


class PlanStep(Document):
    """A step of the plan; `reason` says why it was skipped."""

    name: Slug
    state: StepState = "pending"
    reason: Text = ""


class PlanAct(Document):
    """One thing that a step does to the world outside, or one kind of look at it.

    Attributes:
        verb, target: what is done to what, as `upload` of `manifest.json`.
        request: how: the API request, the file operation or the git command.
    """

    step: Slug
    verb: Slug
    target: Text
    request: Text
    state: Literal["pending", "done"] = "pending"


class Plan(Document):
    """What `publish` will do, fixed before the first side effect; its stored form is the journal.

    Attributes:
        forge: the forge's name, `directory` or `github`; None where nothing is uploaded.
        remote: the git remote the tag goes to, or None for none.
        runs: artefact digests, sorted.
        steps: every step in its order, with what became of it.
        assets: the packed files by digest; empty until they are packed.
        acts: all looks and writes outside of this machine's scratch folder, in their order; a
            write becomes `done` once it is confirmed. Empty until the files are packed.
        doubts: what a reader has to know of the runs: commits that are unknown, dirty or not the release's.
        claim: the mark by which a run knows its own draft again; empty on a dry run.
        tag_found: whether the tag was there before this release was begun.
        attach: paths of the files that are released with the results.
        notes: the source of the maintainers' own words, as it was given; empty for none.
        join: whether a release that another tool made takes the assets.
        keep_draft: whether the release stays a draft, for a person to publish.
        dry_run: True where no step may change anything outside its scratch folder.
    """

    format: Literal["obrelease.plan"] = "obrelease.plan"
    version: Literal[1] = PLAN_VERSION
    project: Slug
    tag: TagText
    commit: Commit
    prerelease: bool
    forge: Slug | None = None
    remote: Text | None = None
    runs: tuple[Digest, ...]
    steps: tuple[PlanStep, ...]
    assets: tuple[ReleaseAsset, ...] = ()
    acts: tuple[PlanAct, ...] = ()
    doubts: tuple[Text, ...] = ()
    claim: Claim = ""
    tag_found: bool = False
    attach: tuple[Text, ...] = ()
    notes: Text = ""
    join: bool = False
    keep_draft: bool = False
    dry_run: bool = False

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.prerelease != Tag.parse(self.tag).prerelease:
            raise ValueError(f"prerelease is {self.prerelease}, the tag {self.tag} says otherwise")
        require_sorted("runs", self.runs)
        require_sorted("steps", sorted(step.name for step in self.steps))
        return self
