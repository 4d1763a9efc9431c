"""The manifest of a release: it lists the files of the release by size and digest.

Format history (``MANIFEST_VERSION``):

1. First version, see `manifest_version_1`; it is upgraded when it is read.
2. Attached files: wheels, binaries, archives of the project. Tags with a prefix, build metadata, upper case.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import model_validator

from obrelease.models.artefact import Count, Kind
from obrelease.models.base import AssetName, Commit, Digest, Document, RelativePath, Slug, require_sorted
from obrelease.models.version_tag import Tag, TagText

MANIFEST_VERSION: Final = 2


class ReleaseRun(Document):
    """A run of the release: its artefact digest, and the events digest that reproduces it."""

    digest: Digest
    kind: Kind
    scenario: Slug
    path: RelativePath
    events_digest: Digest | None = None


class ReleaseAsset(Document):
    """A file of the release by name, size and content."""

    name: AssetName
    size: Count
    sha256: Digest


class BundleFile(ReleaseAsset):
    """The archive. `tar_sha256` names the bytes inside the gzip layer, which stores them as they are.

    So both digests depend on the contents alone, whichever zlib is at hand, and the tar's own
    survives a mirror that packs the file anew.
    """

    tar_size: Count
    tar_sha256: Digest


class BundleMember(Document):
    """A file inside the bundle, by its path below the top folder."""

    path: RelativePath
    size: Count
    sha256: Digest


class BundleManifest(Document):
    """`manifest.json`: what a release is made of; its own digest names the whole release.

    Attributes:
        assets: the pictures next to the bundle.
        attachments: files of the project that are released with its results, such as wheels and binaries.
    """

    format: Literal["obrelease.manifest"] = "obrelease.manifest"
    version: Literal[2] = MANIFEST_VERSION
    project: Slug
    tag: TagText
    commit: Commit
    prerelease: bool
    runs: tuple[ReleaseRun, ...]
    bundle: BundleFile
    members: tuple[BundleMember, ...]
    assets: tuple[ReleaseAsset, ...] = ()
    attachments: tuple[ReleaseAsset, ...] = ()

    @property
    def files(self) -> tuple[ReleaseAsset, ...]:
        """The files next to the manifest that it lists: the bundle, the pictures, what is attached."""
        return (self.bundle, *self.assets, *self.attachments)

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.prerelease != Tag.parse(self.tag).prerelease:
            raise ValueError(f"prerelease is {self.prerelease}, the tag {self.tag} says otherwise")
        require_sorted("members", (member.path for member in self.members))
        require_sorted("assets", (asset.name for asset in self.assets))
        require_sorted("attachments", (asset.name for asset in self.attachments))
        require_sorted("runs", (run.path for run in self.runs))
        names = [file.name.lower() for file in self.files]
        if len(set(names)) != len(names):
            raise ValueError("two files have one name")
        return self
