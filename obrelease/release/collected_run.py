"""A run on its way into a release: every byte read, every digest checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obrelease.bundle.writer import BundleSource
from obrelease.models.artefact import Artefact
from obrelease.models.manifest import ReleaseRun


@dataclass(frozen=True, slots=True)
class CollectedRun:
    """A run whose every byte was read and found to be what its digest says.

    Attributes:
        facts: the run as the manifest names it; its path lies below the bundle's top folder.
        folder: where it is kept in the registry.
        sources: its files on their way into the bundle, the envelope among them.
    """

    facts: ReleaseRun
    artefact: Artefact
    folder: Path
    sources: tuple[BundleSource, ...]
