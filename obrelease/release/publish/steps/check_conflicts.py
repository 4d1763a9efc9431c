"""Step `agree`: compare with an existing tag and an existing public release. Reads only."""

from __future__ import annotations

from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_assets, require_same_tag
from obrelease.release.publish.join_release import find_joinable
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.limits import hours_of_writes, require_within_limits


class CheckConflicts:
    """Finds conflicts before anything is changed, also on a dry run."""

    name = "agree"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Compare the packed release with the tag and the public release, if they exist.

        Raises:
            Conflict: one of them has other contents.
            NotFound: there is no release to join.
            InvalidInput: the release is larger than the forge accepts.
        """
        packed = staged.require_packed()
        _require_limits(context, packed)
        present = context.repo.local_tag(plan.tag)
        if present is not None:
            require_same_tag(plan, present, packed)
        if plan.join and context.forge is not None:
            find_joinable(plan, context, staged)
            return staged
        found = context.forge.find(plan.tag) if context.forge else None
        if context.forge is not None and found is not None and not found.draft:
            immutable = "is public and immutable" if found.immutable else "is public already"
            require_same_assets(context.forge, found, packed, f"{immutable}, with other contents", sent=False)
        return staged


def _require_limits(context: PublishContext, packed: PackedRelease) -> None:
    limits = context.limits
    if limits is None:
        return
    require_within_limits(limits, {asset.facts.name: asset.facts.size for asset in packed.assets})
    if hours := hours_of_writes(limits, len(packed.assets)):
        context.reporter.warn(
            f"{limits.forge} allows {limits.writes_per_hour} writes an hour: {len(packed.assets)} assets "
            f"take more than {hours} h; the upload can be stopped and continued with --resume"
        )
