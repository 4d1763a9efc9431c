"""Reserve: the draft, before any tag is made or pushed. Of two publishers of one tag, one passes here."""

from __future__ import annotations

from obrelease.errors import NotFound
from obrelease.models.manifest import Plan
from obrelease.release.publish.draft_release import reserved
from obrelease.release.publish.step import Staging, Tools


class Reserve:
    """Makes the draft, which can be taken back; the tag that follows cannot."""

    name = "reserve"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, tools: Tools, staging: Staging) -> Staging:
        """Find or make the draft.

        Raises:
            Conflict: another publisher has the tag, or the forge will never take it again.
        """
        try:
            reserved(plan, tools, staging)
        except NotFound as error:
            tools.note(f"reserve: {error.message}; the draft is made once the tag is pushed")
        return staging
