"""What a release is made of besides its runs: notes, pictures and schemas, derived from the runs alone.

Publishing writes these; verification derives them again and compares.
"""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.analysis.kinds.all_kinds import variants_of
from obrelease.analysis.notes.release_notes import release_notes
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.bundle.writer import BundleSource
from obrelease.models.json_schema import DOCUMENTS
from obrelease.models.packaged_schemas import schema_bytes
from obrelease.models.picture_rules import SUFFIXES
from obrelease.release.collected_run import CollectedRun

SCHEMAS_FOLDER = "schemas"


def read_runs(runs: Sequence[CollectedRun]) -> list[Run]:
    """The runs as the notes and the comparison with the previous release read them.

    Raises:
        IntegrityError, InvalidInput, StorageError: a histogram cannot be read.
    """
    return [read_run(run.artefact, digest=run.facts.digest, folder=run.folder) for run in runs]


def notes_of(project: str, tag: str, commit: str, runs: Sequence[CollectedRun]) -> str:
    """The notes of a release, in Markdown, as they are in its bundle.

    Raises:
        IntegrityError, InvalidInput, NotFound, StorageError: a run lacks what its rows are made of.
    """
    pictures = {run.facts.digest: picture_of(run) for run in runs}
    parts = {run.facts.digest: variants_of(run.artefact, run.folder) for run in runs}
    return release_notes(
        project,
        tag,
        commit,
        read_runs(runs),
        plots={digest: picture.path for digest, picture in pictures.items() if picture},
        variants={digest: rows for digest, rows in parts.items() if rows},
    )


def pictures_of(runs: Sequence[CollectedRun]) -> tuple[BundleSource, ...]:
    """The pictures next to the bundle, sorted by their asset names.

    They are copied from the artefacts. A picture drawn now would depend on fonts and floating point of
    this machine, so the release could not be rebuilt elsewhere with the same bytes.
    """
    found = (picture_of(run) for run in runs)
    return tuple(sorted((picture for picture in found if picture), key=lambda picture: picture.path))


def picture_of(run: CollectedRun) -> BundleSource | None:
    """The first picture of a run, under its asset name; None if the run has none."""
    entries = [entry for entry in run.artefact.files if entry.media_type in SUFFIXES]
    if not entries:
        return None
    entry = min(entries, key=lambda entry: entry.path)
    facts = run.facts
    name = f"{facts.kind}-{facts.scenario}-{facts.digest[:12]}{SUFFIXES[entry.media_type]}"
    return BundleSource(name, run.folder / entry.path, entry.size, entry.sha256)


def schema_members() -> dict[str, bytes]:
    """The schemas of this version, by their paths in a bundle."""
    return {f"{SCHEMAS_FOLDER}/{kind.file_name}": schema_bytes(kind.file_name) for kind in DOCUMENTS}
