"""Step `render`: write the release notes, and choose the pictures next to the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from obrelease.bundle.writer import BundleSource
from obrelease.models.plan import Plan
from obrelease.models.version_tag import Tag
from obrelease.release.publish.own_words import own_words
from obrelease.release.publish.previous_release import compare_with, find_previous_release
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.release_contents import notes_of, pictures_of, read_runs


def _picture(plan: Plan, context: PublishContext, pictures: Sequence[BundleSource]) -> str:
    """The first picture, as the page shows it; empty if the forge shows no pages."""
    if not pictures or context.forge is None:
        return ""
    name = pictures[0].path
    address = context.forge.asset_address(plan.tag, name)
    return "" if address is None else f"![{name.rpartition('-')[0]}]({address})"


class Render:
    """Writes the notes from the artefacts and chooses the first picture of each run.

    The comparison with the previous release is on the release page only. It depends on what the forge
    has, but a bundle must be the same bytes for everybody who rebuilds it from the tag.
    """

    name = "render"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Write the notes and choose the pictures.

        Raises:
            NotFound, UsageError, InvalidInput, RemoteError: the source of own words gives none.
        """
        notes = notes_of(plan.project, plan.tag, plan.commit, staged.runs)
        words = against = ""
        if context.forge:
            previous = find_previous_release(plan, context)
            tag, root = Tag.parse(plan.tag), context.root or context.repo.root
            words = own_words(plan.notes, tag, plan.commit, previous, root, context.repo)
            if previous is not None:
                against = compare_with(previous, plan, context, read_runs(staged.runs))
        pictures = pictures_of(staged.runs)
        against = "\n\n".join(filter(None, (against.rstrip("\n"), _picture(plan, context, pictures))))
        return replace(staged, notes=notes, words=words, against=against, pictures=pictures)
