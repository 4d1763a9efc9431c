"""A checked run of a release, with its files for the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.bundle.writer import BundleSource
from obrelease.errors import IntegrityError, InvalidInput
from obrelease.importers.reimport_check import check_numbers
from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.models.manifest import ReleaseRun
from obrelease.registry.check_folder import INTEGRITY_RULES, check_folder
from obrelease.registry.layout import is_location_of
from obrelease.storage.hashing import digest_file

_MAX_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class CollectedRun:
    """A run whose bytes and digests were all checked.

    Attributes:
        facts: the run as the manifest lists it; its path is below the bundle's top folder.
        folder: its folder in the registry, or in the unpacked bundle.
        sources: its files for the bundle, with the envelope.
    """

    facts: ReleaseRun
    artefact: Artefact
    folder: Path
    sources: tuple[BundleSource, ...]


def collect_run(folder: Path, location: str, *, called: str | None = None, hint: str) -> CollectedRun:
    """Check a run for a release: its files, its envelope, its numbers against each other, and its place.

    Args:
        location: the path of its folder below the results folder, with `/`.
        called: the name of the folder in error messages; its path if None.
        hint: the hint of the errors.

    Raises:
        IntegrityError: a file is not the one that the envelope names, or the run is not in its place.
        InvalidInput: the envelope is malformed, a picture is not passive, or numbers of the run
            contradict each other.
    """
    found = check_folder(folder)
    artefact, problems = found.artefact, found.problems
    if not problems and artefact is not None:
        problems = check_numbers(artefact, folder)
    if problems or artefact is None:
        first = problems[0]
        kind = IntegrityError if first.rule in INTEGRITY_RULES else InvalidInput
        message = str(first)
        raise kind(message if called is None else message.replace(str(folder), called), hint=hint)
    digest, size = digest_file(folder / ENVELOPE_NAME)
    if digest != found.digest:
        raise IntegrityError(f"{called or folder}: its envelope changed while it was read")
    if not is_location_of(location, artefact.kind, artefact.scenario, digest):
        raise IntegrityError(
            f"{called or folder}: is not the place of run {digest[:12]}, a {artefact.kind} of "
            f"{artefact.scenario}",
            hint=hint,
        )
    path = f"{RESULTS_FOLDER}/{location}"
    files = [(file.path, file.size, file.sha256) for file in artefact.files]
    sources = tuple(
        BundleSource(f"{path}/{name}", folder / name, size, sha256)
        for name, size, sha256 in [(ENVELOPE_NAME, size, digest), *files]
    )
    facts = ReleaseRun(
        digest=digest,
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=path,
        events_digest=artefact.outcome.events_digest if artefact.outcome else None,
    )
    return CollectedRun(facts, artefact, folder, sources)


def count_of_runs(runs: Sequence[CollectedRun], total: int, finding: str) -> str:
    """`2 of 5 runs <finding>: <digest>, <digest>`, with at most five digests."""
    listed = ", ".join(run.facts.digest[:12] for run in runs[:_MAX_LISTED])
    more = f" and {len(runs) - _MAX_LISTED} more" if len(runs) > _MAX_LISTED else ""
    return f"{len(runs)} of {total} runs {finding}: {listed}{more}"
