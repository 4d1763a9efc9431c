"""A checked run of a release, with its files for the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle.writer import BundleSource
from obrelease.models.artefact import Artefact
from obrelease.models.manifest import ReleaseRun

_MAX_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class CollectedRun:
    """A run whose bytes and digests were all checked.

    Attributes:
        facts: the run as the manifest lists it; its path is below the bundle's top folder.
        folder: its folder in the registry.
        sources: its files for the bundle, with the envelope.
    """

    facts: ReleaseRun
    artefact: Artefact
    folder: Path
    sources: tuple[BundleSource, ...]


def count_of_runs(runs: Sequence[CollectedRun], total: int, finding: str) -> str:
    """`2 of 5 runs <finding>: <digest>, <digest>`, with at most five digests."""
    listed = ", ".join(run.facts.digest[:12] for run in runs[:_MAX_LISTED])
    more = f" and {len(runs) - _MAX_LISTED} more" if len(runs) > _MAX_LISTED else ""
    return f"{len(runs)} of {total} runs {finding}: {listed}{more}"
