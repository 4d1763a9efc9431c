"""Agree: what is public already, and what the tag says already, must be what was packed. Reads only."""

from __future__ import annotations

from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets, require_same_tag
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class CheckConflicts:
    """Finds a conflict before the first side effect, on a dry run as well."""

    name = "agree"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Compare with the tag and with the public release, where they exist.

        Raises:
            Conflict: either of them stands for something else.
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
