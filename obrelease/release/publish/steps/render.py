"""Step `render`: write the release notes, and choose the pictures next to the bundle."""

from __future__ import annotations

from dataclasses import replace

from obrelease.models.plan import Plan
from obrelease.release.publish.previous_release import compare_with_previous_release
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.release_contents import notes_of, pictures_of, read_runs


class Render:
    """Writes the notes from the artefacts and chooses the first picture of each run.

    The comparison with the previous release is on the release page only. It depends on what the forge
    has, but a bundle must be the same bytes for everybody who rebuilds it from the tag.
    """

    name = "render"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Write the notes and choose the pictures."""
        notes = notes_of(plan.project, plan.tag, plan.commit, staged.runs)
        against = ""
        if context.forge:
            against = compare_with_previous_release(plan, context, read_runs(staged.runs))
        return replace(staged, notes=notes, against=against, pictures=pictures_of(staged.runs))
