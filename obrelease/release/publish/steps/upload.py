"""Step `upload`: upload every asset to the draft, or into the release of another tool, and check it."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict
from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets
from obrelease.release.publish.draft_release import INSPECT_HINT, find_again, find_or_create_draft
from obrelease.release.publish.join_release import join_release
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.protocol import Forge, Release


class Upload:
    """Completes the draft, or finds that the release is public already."""

    name = "upload"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Upload.

        Raises:
            Conflict: the release or the draft of the tag has other contents.
            IntegrityError: the forge returned other bytes than it was sent.
        """
        packed, forge = staged.require_packed(), context.require_forge()
        if plan.join:
            joined = join_release(plan, context, staged)
            return replace(staged, uploaded="joined", url=joined.url)
        found = find_or_create_draft(plan, context, staged)
        if not found.draft:
            require_same_assets(forge, found, packed, "is public already, with other contents", sent=False)
            _report_all_done(context, plan, packed)
            return replace(staged, uploaded="already published", url=found.url)
        _upload_all(context, forge, found, packed)
        uploaded = find_again(forge, plan.tag)
        require_same_assets(forge, uploaded, packed, "has a draft with other contents", sent=True)
        if uploaded.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={uploaded.prerelease}", hint=INSPECT_HINT)
        return replace(staged, uploaded="draft", url=uploaded.url)


def _report_all_done(context: PublishContext, plan: Plan, packed: PackedRelease) -> None:
    for asset in packed.assets:
        context.act_done("upload", asset.facts.name)
    context.act_done("publish", plan.tag)


def _upload_all(context: PublishContext, forge: Forge, draft: Release, packed: PackedRelease) -> None:
    with context.reporter.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(draft, asset.facts.name, asset.file, asset.facts.sha256, advance)
            context.act_done("upload", asset.facts.name)
