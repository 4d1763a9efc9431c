"""Tag: the annotated tag that carries the digests of bundle and manifest, signed where a key is given."""

from __future__ import annotations

from dataclasses import replace

from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_tag, tag_digests
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.tag_message import compose


class CreateTag:
    """Makes the tag, or finds that it is there and says the same; pushes it where a remote is set."""

    name = "tag"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Create and push the tag.

        Raises:
            Conflict: the tag exists and points elsewhere, or carries other digests.
            RemoteError: the remote refused it.
        """
        packed = staged.require_packed()
        present = context.repo.local_tag(plan.tag)
        if present is None:
            context.repo.create_tag(
                plan.tag,
                plan.commit,
                compose(plan.project, plan.tag, tag_digests(packed), packed.signatures),
                key=context.key,
            )
        else:
            require_same_tag(plan, present, packed)
        context.act_done("create-tag", f"refs/tags/{plan.tag}")
        if plan.remote is not None:
            context.repo.push_tag(plan.remote, plan.tag)
            context.act_done("push-tag", plan.remote)
        return replace(staged, tagged="present" if present else "created")
