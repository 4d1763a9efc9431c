"""Step `reserve`: create the draft, before any tag is made, or find the release of another tool.

Of two concurrent publishers, one succeeds.
"""

from __future__ import annotations

from obrelease.errors import NotFound
from obrelease.models.plan import Plan
from obrelease.release.publish.draft_release import find_or_create_draft
from obrelease.release.publish.join_release import find_joinable
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class CreateDraft:
    """Creates the draft, which can be removed again; a pushed tag cannot."""

    name = "reserve"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Find or create the draft.

        Raises:
            Conflict: another publisher has the tag, or the forge will never accept it again.
        """
        if plan.join:
            find_joinable(plan, context, staged)
            return staged
        try:
            find_or_create_draft(plan, context, staged)
        except NotFound as error:
            context.reporter.note(f"reserve: {error.message}; the draft is created after the tag is pushed")
        return staged
