"""The release while it is made: the value that each step gets, extends and returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from obrelease.bundle.writer import BundleSource
from obrelease.models.manifest import BundleManifest, ReleaseAsset
from obrelease.release.collected_run import CollectedRun

TagOutcome = Literal["created", "present"]
UploadOutcome = Literal["published", "already published", "draft", "joined"]
"""What became of the release: `draft` waits for a person, `joined` is in a release of another tool."""


@dataclass(frozen=True, slots=True)
class PackedAsset:
    """A file of the release, ready in the scratch folder."""

    facts: ReleaseAsset
    file: Path


@dataclass(frozen=True, slots=True)
class PackedRelease:
    """All files of the release, in the order of their upload.

    Attributes:
        signatures: the signatures that the tag's message carries, by name, as base64; empty if unsigned.
    """

    manifest: BundleManifest
    manifest_sha256: str
    assets: tuple[PackedAsset, ...]
    signatures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StagedRelease:
    """What the steps have made so far.

    Attributes:
        folder: the scratch folder; whatever a step before `tag` writes is in it.
        doubts: warnings about the runs, for readers of the release.
        notes: the notes, as they are in the bundle.
        words: the maintainers' own words; on the release page only.
        against: the comparison with the previous release; on the release page only.
        pictures: files next to the bundle; their paths are their asset names.
        url: the address of the public release; empty before `upload`.
    """

    folder: Path
    runs: tuple[CollectedRun, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: str = ""
    words: str = ""
    against: str = ""
    pictures: tuple[BundleSource, ...] = ()
    packed: PackedRelease | None = None
    tagged: TagOutcome | None = None
    uploaded: UploadOutcome | None = None
    url: str = ""

    def require_packed(self) -> PackedRelease:
        """The packed release; the order of the pipeline ensures that there is one."""
        if self.packed is None:
            raise AssertionError("the pipeline packs before it tags or uploads")
        return self.packed
