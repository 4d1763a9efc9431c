"""Tag: the annotated tag whose message carries the digests of the bundle and of the manifest."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict
from obrelease.models.release import Plan
from obrelease.release.message import compose, digests_in
from obrelease.release.step import Staging, Tools, packed_of
from obrelease.remote.worktree import TagInfo


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
        digests = {"bundle": packed.manifest.bundle.sha256, "manifest": packed.manifest_sha256}
        present = tools.worktree.local_tag(plan.tag)
        if present is None:
            tools.worktree.create_tag(plan.tag, plan.commit, compose(plan.project, plan.tag, digests))
        else:
            _require_same(plan, present, digests)
        if plan.remote is not None:
            tools.worktree.push_tag(plan.remote, plan.tag)
        return replace(staging, tagged="present" if present else "created")


def _require_same(plan: Plan, present: TagInfo, digests: dict[str, str]) -> None:
    """A tag without digests (made by hand) is taken as it is: it binds the commit alone."""
    if present.commit != plan.commit:
        raise Conflict(f"the tag {plan.tag} points at {present.commit[:12]}, not at {plan.commit[:12]}")
    said = digests_in(present.message)
    for name, digest in digests.items():
        if name in said and said[name] != digest:
            raise Conflict(
                f"the tag {plan.tag} carries {name} sha256:{said[name]}, this {name} has sha256:{digest}",
                hint="the runs, the notes or zlib differ from those that were tagged: "
                "restore the runs with --run, or choose a new tag",
            )
