"""Step `render`: write the release notes, and choose the pictures next to the bundle."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obrelease.analysis.kinds.all_kinds import variants_of
from obrelease.analysis.notes.release_notes import release_notes
from obrelease.analysis.summary.read_run import read_run
from obrelease.bundle.writer import BundleSource
from obrelease.models.plan import Plan
from obrelease.release.collected_run import CollectedRun
from obrelease.release.publish.previous_release import compare_with_previous_release
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext

_SUFFIXES: Final = {"image/svg+xml": ".svg", "image/png": ".png"}


class Render:
    """Writes the notes from the artefacts and chooses the first picture of each run.

    The comparison with the previous release is on the release page only. It depends on what the forge
    has, but a bundle must be the same bytes for everybody who rebuilds it from the tag.

    Pictures are copied from the artefacts. A picture drawn now would depend on fonts and floating
    point of this machine, so the bundle could not be rebuilt elsewhere with the same bytes.
    """

    name = "render"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Write the notes and choose the pictures."""
        runs = [read_run(run.artefact, digest=run.facts.digest, folder=run.folder) for run in staged.runs]
        found = {run.facts.digest: _first_picture(run) for run in staged.runs}
        plots = {digest: picture.path for digest, picture in found.items() if picture}
        parts = {run.facts.digest: variants_of(run.artefact, run.folder) for run in staged.runs}
        notes = release_notes(
            plan.project,
            plan.tag,
            plan.commit,
            runs,
            plots=plots,
            variants={digest: rows for digest, rows in parts.items() if rows},
        )
        against = compare_with_previous_release(plan, context, runs) if context.forge else ""
        pictures = tuple(picture for picture in found.values() if picture)
        return replace(staged, notes=notes, against=against, pictures=pictures)


def _first_picture(run: CollectedRun) -> BundleSource | None:
    entries = [entry for entry in run.artefact.files if entry.media_type in _SUFFIXES]
    if not entries:
        return None
    entry = min(entries, key=lambda entry: entry.path)
    facts = run.facts
    name = f"{facts.kind}-{facts.scenario}-{facts.digest[:12]}{_SUFFIXES[entry.media_type]}"
    return BundleSource(name, run.folder / entry.path, entry.size, entry.sha256)
