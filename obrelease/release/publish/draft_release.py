"""Finds or creates the draft of a release; an existing draft must be for the same contents."""

from __future__ import annotations

from typing import Final

from obrelease.errors import Conflict, RemoteError
from obrelease.models.plan import Plan
from obrelease.release.page_text import compose_page, page_coverage
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.release_page import release_title
from obrelease.remote.forge.limits import ForgeLimits
from obrelease.remote.forge.protocol import Forge, NewRelease, Release

INSPECT_HINT: Final = (
    "inspect the release on the forge; `obrelease publish TAG --abort` removes a draft of this repository, "
    "another one has to be removed by hand"
)


def find_or_create_draft(plan: Plan, context: PublishContext, staged: StagedRelease) -> Release:
    """The existing release of the tag, or a new draft.

    A draft of another attempt, perhaps on another machine, is continued if it is for the same
    contents, so that a failed job can simply be started again.

    Raises:
        Conflict: the draft is for other contents, or another publisher was faster.
        NotFound: the forge does not have the commit yet.
    """
    forge, new = context.require_forge(), _new_release(plan, staged, context.require_forge().limits)
    found = forge.find(plan.tag)
    if found is None:
        found = forge.create_draft(new)
    elif found.draft:
        names = {asset.facts.name for asset in staged.require_packed().assets}
        _require_same_contents(found, new, staged.notes, names, forge.limits)
    context.act_done("create-draft", plan.tag)
    return found


def find_again(forge: Forge, tag: str) -> Release:
    """The release of a tag that was there a moment ago.

    Raises:
        RemoteError: the forge does not show it.
    """
    found = forge.find(tag)
    if found is None:
        raise RemoteError(f"the release of {tag} cannot be found on {forge.name} after its upload")
    return found


def _require_same_contents(
    draft: Release, new: NewRelease, notes: str, names: set[str], limits: ForgeLimits | None
) -> None:
    """The page must have the notes of the bundle; the rest depends on the forge at that time."""
    if draft.prerelease != new.prerelease:
        raise Conflict(f"the draft of {draft.tag} has prerelease={draft.prerelease}", hint=INSPECT_HINT)
    if draft.title != new.title or page_coverage(draft.notes, notes, limits) is None:
        raise Conflict(f"the draft of {draft.tag} was made for other runs or notes", hint=INSPECT_HINT)
    foreign = sorted(asset.name for asset in draft.assets if asset.name not in names)
    if foreign:
        raise Conflict(f"the draft of {draft.tag} has other files: {', '.join(foreign)}", hint=INSPECT_HINT)


def _new_release(plan: Plan, staged: StagedRelease, limits: ForgeLimits | None) -> NewRelease:
    return NewRelease(
        tag=plan.tag,
        commit=plan.commit,
        title=release_title(plan.project, plan.tag),
        notes=compose_page(
            staged.notes,
            bundle=staged.require_packed().manifest.bundle.name,
            limits=limits,
            words=staged.words,
            against=staged.against,
        ),
        prerelease=plan.prerelease,
        claim=plan.claim,
    )
