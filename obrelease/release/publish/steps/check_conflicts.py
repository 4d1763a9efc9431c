"""Agree: what is public already, and what the tag says already, must be what was packed. Reads only."""

from __future__ import annotations

from obrelease.models.manifest import Plan
from obrelease.release.publish.compare_assets import require_same, require_same_tag
from obrelease.release.publish.step import Staging, Tools, packed_of


class Agree:
    """Finds a conflict before the first side effect, on a dry run as well."""

    name = "agree"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, tools: Tools, staging: Staging) -> Staging:
        """Compare with the tag and with the public release, where they exist.

        Raises:
            Conflict: either of them stands for something else.
        """
        packed = packed_of(staging)
        present = tools.worktree.local_tag(plan.tag)
        if present is not None:
            require_same_tag(plan, present, packed)
        found = tools.forge.find(plan.tag) if tools.forge else None
        if tools.forge is not None and found is not None and not found.draft:
            immutable = "is public and immutable" if found.immutable else "is public already"
            require_same(tools.forge, found, packed, f"{immutable}, with other contents", sent=False)
        return staging
