"""Step `publish`: make the complete draft public: the last act, after the last look at the tag."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, RemoteError
from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets
from obrelease.release.publish.draft_release import find_again
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.protocol import Forge, Release


class MakePublic:
    """Publishes the draft, unless a person does it or another tool made it."""

    name = "publish"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run, if a person publishes the draft, and in the release of another tool."""
        if plan.dry_run:
            return "dry run"
        if plan.join:
            return "the release belongs to another tool"
        if plan.keep_draft:
            return f"kept as a draft; `obrelease publish {plan.tag} --resume` publishes it"
        return None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Publish.

        Raises:
            Conflict: the forge has another tag, or another release has the tag.
            RemoteError: the forge does not have the tag.
        """
        if staged.uploaded == "already published":
            return staged
        packed, forge = staged.require_packed(), context.require_forge()
        draft = find_again(forge, plan.tag)
        require_same_assets(forge, draft, packed, "has a draft with other contents", sent=True)
        _require_tag_on_forge(forge, context, plan.tag)
        published = forge.publish(draft)
        _require_public(forge, published, packed)
        context.act_done("publish", plan.tag)
        return replace(staged, uploaded="published", url=published.url)


def _require_public(forge: Forge, published: Release, packed: PackedRelease) -> None:
    seen = find_again(forge, published.tag)
    if published.draft or seen.draft:
        raise RemoteError(f"{forge.name} acknowledged the publication of {published.tag}, but shows a draft")
    require_same_assets(forge, seen, packed, "was published with other contents", sent=True)


def _require_tag_on_forge(forge: Forge, context: PublishContext, tag: str) -> None:
    """The last look before the release becomes public: without the tag, the forge would make another one."""
    present = context.repo.local_tag(tag)
    if not forge.hosts_tags or present is None:
        return
    there = forge.tag_object(tag)
    if there is None:
        raise RemoteError(
            f"{forge.name} does not have the tag {tag}: the release stays a draft",
            hint=f"push it to {forge.name}, then run `obrelease publish {tag} --resume`",
        )
    if there != present.object_id:
        raise Conflict(
            f"{forge.name} has another tag {tag}, of the object {there[:12]}: the release stays a draft",
            hint="somebody else pushed a tag of this name; choose a new one",
        )
