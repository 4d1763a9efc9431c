"""The documents of a release: the manifest that names its bytes, and the plan that is its journal.

Format history (``MANIFEST_VERSION``):

1. First version.

Format history (``PLAN_VERSION``):

1. First version.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import StringConstraints, model_validator

from obrelease.models.artefact import Count, Kind, Text
from obrelease.models.base import AssetName, Commit, Digest, Document, RelativePath, Slug
from obrelease.models.version_tag import Tag, TagText

Claim = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")]

MANIFEST_VERSION: Final = 1
PLAN_VERSION: Final = 1


class ReleaseRun(Document):
    """A run of the release: its artefact digest, and the events digest that reproduces it."""

    digest: Digest
    kind: Kind
    scenario: Slug
    path: RelativePath
    events_digest: Digest | None = None


class ReleaseAsset(Document):
    """A file of the release by name, size and content."""

    name: AssetName
    size: Count
    sha256: Digest


class BundleFile(ReleaseAsset):
    """The archive. `tar_sha256` names the bytes inside the gzip layer, which stores them as they are.

    So both digests depend on the contents alone, whichever zlib is at hand, and the tar's own
    survives a mirror that packs the file anew.
    """

    tar_size: Count
    tar_sha256: Digest


class BundleMember(Document):
    """A file inside the bundle, by its path below the top folder."""

    path: RelativePath
    size: Count
    sha256: Digest


class BundleManifest(Document):
    """`manifest.json`: what a release is made of; its own digest names the whole release."""

    format: Literal["obrelease.manifest"] = "obrelease.manifest"
    version: Literal[1] = MANIFEST_VERSION
    project: Slug
    tag: TagText
    commit: Commit
    prerelease: bool
    runs: tuple[ReleaseRun, ...]
    bundle: BundleFile
    members: tuple[BundleMember, ...]
    assets: tuple[ReleaseAsset, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.prerelease != Tag.parse(self.tag).prerelease:
            raise ValueError(f"prerelease is {self.prerelease}, the tag {self.tag} says otherwise")
        _sorted_once("members", (member.path for member in self.members))
        _sorted_once("assets", (asset.name for asset in self.assets))
        _sorted_once("runs", (run.path for run in self.runs))
        return self


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
    dry_run: bool = False

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.prerelease != Tag.parse(self.tag).prerelease:
            raise ValueError(f"prerelease is {self.prerelease}, the tag {self.tag} says otherwise")
        _sorted_once("runs", self.runs)
        _sorted_once("steps", sorted(step.name for step in self.steps))
        return self


def _sorted_once(what: str, names: Iterable[str]) -> None:
    for before, after in pairwise(names):
        if before >= after:
            raise ValueError(f"{what} must be sorted and unique: {after!r} follows {before!r}")
