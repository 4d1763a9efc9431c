"""The draft of a release: found, judged, or made; it is adopted only if it is for the same contents."""

from __future__ import annotations

from typing import Final

from obrelease.errors import Conflict
from obrelease.models.plan import Plan
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.release_page import begins_with, title_of
from obrelease.remote.forge.protocol import NewRelease, Release

LOOK: Final = (
    "look at the release on the forge; `obrelease publish TAG --abort` removes a draft of this repository, "
    "another one is to be removed by hand"
)


def find_or_create_draft(plan: Plan, context: PublishContext, staged: StagedRelease) -> Release:
    """The release of the tag as the forge has it, or a new draft of it.

    A draft that another run left, perhaps on another machine, is gone on with if it was made for
    the very same contents, so that a broken job can simply be started again.

    Raises:
        Conflict: the draft was made for something else, or another publisher was faster.
        NotFound: the forge has to know the commit first.
    """
    forge, new = context.require_forge(), _new(plan, staged)
    found = forge.find(plan.tag)
    if found is None:
        found = forge.create_draft(new)
    elif found.draft:
        names = {asset.facts.name for asset in staged.require_packed().assets}
        _require_made_for(found, new, staged.notes, names)
    context.act_done("create-draft", plan.tag)
    return found


def _require_made_for(draft: Release, new: NewRelease, notes: str, names: set[str]) -> None:
    """The notes of the bundle decide; what is said after them depends on what the forge held then."""
    if draft.prerelease != new.prerelease:
        raise Conflict(f"the draft of {draft.tag} has prerelease={draft.prerelease}", hint=LOOK)
    if draft.title != new.title or not begins_with(draft.notes, notes):
        raise Conflict(f"the draft of {draft.tag} was made for other runs or notes", hint=LOOK)
    foreign = sorted(asset.name for asset in draft.assets if asset.name not in names)
    if foreign:
        raise Conflict(f"the draft of {draft.tag} holds other files: {', '.join(foreign)}", hint=LOOK)


def _new(plan: Plan, staged: StagedRelease) -> NewRelease:
    return NewRelease(
        tag=plan.tag,
        commit=plan.commit,
        title=title_of(plan.project, plan.tag),
        notes="\n".join(filter(None, (staged.notes, staged.against))),
        prerelease=plan.prerelease,
        claim=plan.claim,
    )
