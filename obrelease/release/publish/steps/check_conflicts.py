"""Step `agree`: compare with an existing tag and an existing public release. Reads only."""

from __future__ import annotations

from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets, require_same_tag
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class CheckConflicts:
    """Finds conflicts before anything is changed, also on a dry run."""

    name = "agree"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Compare the packed release with the tag and the public release, if they exist.

        Raises:
            Conflict: one of them has other contents.
        """
        packed = staged.require_packed()
        present = context.repo.local_tag(plan.tag)
        if present is not None:
            require_same_tag(plan, present, packed)
        found = context.forge.find(plan.tag) if context.forge else None
        if context.forge is not None and found is not None and not found.draft:
            immutable = "is public and immutable" if found.immutable else "is public already"
            require_same_assets(context.forge, found, packed, f"{immutable}, with other contents", sent=False)
        return staged
