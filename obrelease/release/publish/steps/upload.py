"""Step `upload`: upload every asset to the draft, check it, and make the release public."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, RemoteError
from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets
from obrelease.release.publish.draft_release import INSPECT_HINT, find_or_create_draft
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.protocol import Forge, Release


class Upload:
    """Publishes the packed release, or finds that it is public already."""

    name = "upload"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Upload and publish.

        Raises:
            Conflict: the release or the draft of the tag has other contents.
            IntegrityError: the forge returned other bytes than it was sent.
        """
        packed, forge = staged.require_packed(), context.require_forge()
        found = find_or_create_draft(plan, context, staged)
        if not found.draft:
            require_same_assets(forge, found, packed, "is public already, with other contents", sent=False)
            _report_all_done(context, plan, packed)
            return replace(staged, uploaded="already published", url=found.url)
        _upload_all(context, forge, found, packed)
        uploaded = _find_again(forge, plan.tag)
        require_same_assets(forge, uploaded, packed, "has a draft with other contents", sent=True)
        if uploaded.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={uploaded.prerelease}", hint=INSPECT_HINT)
        _require_tag_on_forge(forge, context, plan.tag)
        published = forge.publish(uploaded)
        _require_public(forge, published, packed)
        context.act_done("publish", plan.tag)
        return replace(staged, uploaded="published", url=published.url)


def _report_all_done(context: PublishContext, plan: Plan, packed: PackedRelease) -> None:
    for asset in packed.assets:
        context.act_done("upload", asset.facts.name)
    context.act_done("publish", plan.tag)


def _upload_all(context: PublishContext, forge: Forge, draft: Release, packed: PackedRelease) -> None:
    with context.reporter.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(draft, asset.facts.name, asset.file, asset.facts.sha256, advance)
            context.act_done("upload", asset.facts.name)


def _find_again(forge: Forge, tag: str) -> Release:
    found = forge.find(tag)
    if found is None:
        raise RemoteError(f"the release of {tag} cannot be found on {forge.name} after its upload")
    return found


def _require_public(forge: Forge, published: Release, packed: PackedRelease) -> None:
    seen = _find_again(forge, published.tag)
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
