"""Upload: every asset into the draft, every digest read back, and then the one flip that makes it public."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, RemoteError
from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets
from obrelease.release.publish.draft_release import LOOK, find_or_create_draft
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.protocol import Forge, Release


class Upload:
    """Publishes the packed release, or finds that exactly this release is public already."""

    name = "upload"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Publish.

        Raises:
            Conflict: the tag's release, or its draft, holds something else.
            IntegrityError: the forge gave back other bytes than it was given.
        """
        packed, forge = staged.require_packed(), context.require_forge()
        found = find_or_create_draft(plan, context, staged)
        if not found.draft:
            require_same_assets(forge, found, packed, "is public already, with other contents", sent=False)
            _all_acted(context, plan, packed)
            return replace(staged, uploaded="already published", url=found.url)
        _fill(context, forge, found, packed)
        filled = _again(forge, plan.tag)
        require_same_assets(forge, filled, packed, "has a draft that holds something else", sent=True)
        if filled.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={filled.prerelease}", hint=LOOK)
        published = forge.publish(filled)
        _require_public(forge, published, packed)
        context.act_done("publish", plan.tag)
        return replace(staged, uploaded="published", url=published.url)


def _all_acted(context: PublishContext, plan: Plan, packed: PackedRelease) -> None:
    for asset in packed.assets:
        context.act_done("upload", asset.facts.name)
    context.act_done("publish", plan.tag)


def _fill(context: PublishContext, forge: Forge, draft: Release, packed: PackedRelease) -> None:
    with context.reporter.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(draft, asset.facts.name, asset.file, asset.facts.sha256, advance)
            context.act_done("upload", asset.facts.name)


def _again(forge: Forge, tag: str) -> Release:
    found = forge.find(tag)
    if found is None:
        raise RemoteError(f"the release of {tag} cannot be found on {forge.name} after its upload")
    return found


def _require_public(forge: Forge, published: Release, packed: PackedRelease) -> None:
    seen = _again(forge, published.tag)
    if published.draft or seen.draft:
        raise RemoteError(f"{forge.name} says that {published.tag} is published, and shows a draft")
    require_same_assets(forge, seen, packed, "was published with other contents", sent=True)
