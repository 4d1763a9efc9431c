"""Step `tag`: create and push the annotated tag, with the digests of bundle and manifest."""

from __future__ import annotations

from dataclasses import replace

from obrelease.models.plan import Plan
from obrelease.release.publish.compare_assets import require_same_tag, tag_digests
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.tag_message import compose_message


class CreateTag:
    """Creates the tag, or finds an equal one; pushes it if a remote is set."""

    name = "tag"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Create and push the tag; it is signed if there is a key.

        Raises:
            Conflict: the tag exists and points to another commit, or has other digests.
            RemoteError: the remote refused it.
        """
        packed = staged.require_packed()
        present = context.repo.local_tag(plan.tag)
        if present is None:
            context.repo.create_tag(
                plan.tag,
                plan.commit,
                compose_message(plan.project, plan.tag, tag_digests(packed), packed.signatures),
                key=context.key,
            )
        else:
            require_same_tag(plan, present, packed)
        context.act_done("create-tag", f"refs/tags/{plan.tag}")
        if plan.remote is not None:
            context.repo.push_tag(plan.remote, plan.tag)
            context.act_done("push-tag", plan.remote)
        return replace(staged, tagged="present" if present else "created")
