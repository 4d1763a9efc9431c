"""Reserve: the draft, before any tag is made or pushed. Of two publishers of one tag, one passes here."""

from __future__ import annotations

from obrelease.errors import NotFound
from obrelease.models.plan import Plan
from obrelease.release.publish.draft_release import find_or_create_draft
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext


class CreateDraft:
    """Makes the draft, which can be taken back; the tag that follows cannot."""

    name = "reserve"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Find or make the draft.

        Raises:
            Conflict: another publisher has the tag, or the forge will never take it again.
        """
        try:
            find_or_create_draft(plan, context, staged)
        except NotFound as error:
            context.reporter.note(f"reserve: {error.message}; the draft is made once the tag is pushed")
        return staged
