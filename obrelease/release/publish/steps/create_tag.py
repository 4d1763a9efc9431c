"""Tag: the annotated tag that carries the digests of bundle and manifest, signed where a key is given."""

from __future__ import annotations

from dataclasses import replace

from obrelease.models.manifest import Plan
from obrelease.release.publish.compare_assets import require_same_tag, tag_digests
from obrelease.release.publish.step import Staging, Tools, packed_of
from obrelease.release.verify.tag_message import compose


class TagCommit:
    """Makes the tag, or finds that it is there and says the same; pushes it where a remote is set."""

    name = "tag"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, tools: Tools, staging: Staging) -> Staging:
        """Create and push the tag.

        Raises:
            Conflict: the tag exists and points elsewhere, or carries other digests.
            RemoteError: the remote refused it.
        """
        packed = packed_of(staging)
        present = tools.worktree.local_tag(plan.tag)
        if present is None:
            tools.worktree.create_tag(
                plan.tag,
                plan.commit,
                compose(plan.project, plan.tag, tag_digests(packed), packed.signatures),
                key=tools.key,
            )
        else:
            require_same_tag(plan, present, packed)
        tools.acted("create-tag", f"refs/tags/{plan.tag}")
        if plan.remote is not None:
            tools.worktree.push_tag(plan.remote, plan.tag)
            tools.acted("push-tag", plan.remote)
        return replace(staging, tagged="present" if present else "created")
