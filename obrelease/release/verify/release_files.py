"""Verifies the files of a release by themselves, layer by layer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import (
    MANIFEST_NAME,
    NOTES_NAME,
    PROVENANCE_NAME,
    SIGNATURE_NAME,
    SIGSTORE_NAMES,
    bundle_name,
    top_folder,
)
from obrelease.bundle.reader import BundleContents, read_bundle, unpack_bundle
from obrelease.bundle.writer import ArchiveDigests
from obrelease.errors import IntegrityError, NotFound, ObreleaseError
from obrelease.models.manifest import BundleManifest
from obrelease.models.validation import read_document
from obrelease.release.collected_run import CollectedRun
from obrelease.release.verify.bundle_members import members_layer, require_members
from obrelease.release.verify.layer_result import DOWNLOAD_AGAIN, LayerResult, require_equal
from obrelease.release.verify.layer_result import listed as listed_names
from obrelease.release.verify.run_layer import check_runs, runs_layer
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.progress import Progress
from obrelease.storage.system_errors import storage_errors

UNLISTED_FILES: Final = frozenset({sha256sums.NAME, SIGNATURE_NAME, PROVENANCE_NAME, *SIGSTORE_NAMES})
"""The files that SHA256SUMS cannot list: itself, and those that are made from it."""


@dataclass(frozen=True, slots=True)
class VerifiedFiles:
    """The files of a release that passed all checks.

    Attributes:
        digests: the sha256 of every file of the folder.
        layers: the layers that were checked.
        notes: the NOTES.md of the bundle.
        runs: the runs of the release, unpacked in the scratch folder.
        not_covered: files of the folder that no file of the release lists, such as those of another tool.
    """

    folder: Path = field(compare=False)
    manifest: BundleManifest
    digests: Mapping[str, str]
    layers: tuple[LayerResult, ...]
    notes: bytes
    runs: tuple[CollectedRun, ...] = field(compare=False)
    not_covered: tuple[str, ...] = ()

    @property
    def manifest_sha256(self) -> str:
        """The digest that names the whole release."""
        return self.digests[MANIFEST_NAME]

    def reread(self, name: str, limit: int) -> bytes:
        """Read a whole file of the release again.

        Raises:
            IntegrityError: it is not the file that was hashed.
        """
        data = read_bounded(self.folder / name, limit)
        if digest_bytes(data) != self.digests[name]:
            raise IntegrityError(f"{self.folder / name}: changed while it was read")
        return data


def verify_folder(
    folder: Path, scratch: Path, progress: Progress, *, tag: str | None = None, called: str | None = None
) -> VerifiedFiles:
    """Check a folder with the assets of one release; other files in it are reported as not covered.

    Args:
        scratch: an empty folder; the runs are unpacked in it after the archive was checked.
        tag: the expected tag; any tag if None.
        called: the name of the folder in error messages, if it is a temporary copy.

    Raises:
        IntegrityError: files or runs are missing, or do not have their digests.
        InvalidInput: the manifest, the checksums, the archive or an artefact is malformed.
        CheckFailed, Conflict: a run failed its own checks, or two runs contradict each other.
        NotFound: the folder does not exist, or is not a release.
    """
    with _errors_named(called, folder, scratch):
        return _verified(folder, scratch, progress, tag)


@contextmanager
def _errors_named(called: str | None, folder: Path, scratch: Path) -> Iterator[None]:
    """Let errors name the release and its asset, not the path of a temporary copy."""
    try:
        yield
    except ObreleaseError as error:
        if called is None:
            raise
        message = error.message
        for place in (scratch / "unpacked", folder):
            message = message.replace(f"{place}/", f"{called}: ").replace(str(place), called)
        raise type(error)(message, hint=error.hint) from error


def _verified(folder: Path, scratch: Path, progress: Progress, tag: str | None) -> VerifiedFiles:
    sums, names, not_covered = _own_files(folder)
    with progress("hashing", sum((folder / name).stat().st_size for name in names)) as advance:
        digests = {}
        for name in names:
            digests[name], size = digest_file(folder / name)
            advance(size)
    require_equal(
        sums,
        {name: digest for name, digest in digests.items() if name not in UNLISTED_FILES},
        str(folder / sha256sums.NAME),
    )
    listed = len(sums)
    manifest = _check_manifest(folder, digests, tag, not_covered)
    contents = _check_bundle(folder, manifest)
    require_members(contents, manifest)
    unpacked = scratch / "unpacked"
    unpack_bundle(folder / manifest.bundle.name, unpacked, contents)
    members = members_layer(contents, manifest, unpacked)
    runs = check_runs(unpacked, manifest)
    layers = (
        LayerResult("sums", True, f"SHA256SUMS lists {listed} files, each with these bytes"),
        LayerResult("manifest", True, "canonical, of a known version, and lists exactly these files"),
        LayerResult("bundle", True, f"sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}"),
        members,
        runs_layer(runs),
    )
    notes = read_bounded(unpacked / NOTES_NAME)
    return VerifiedFiles(folder, manifest, digests, layers, notes, runs, not_covered)


def _own_files(folder: Path) -> tuple[dict[str, str], list[str], tuple[str, ...]]:
    """What SHA256SUMS lists, the files of the release in the folder, and the files that it does not list."""
    names = _files(folder)
    where = folder / sha256sums.NAME
    if sha256sums.NAME not in names:
        raise NotFound(f"{folder}: has no {sha256sums.NAME}", hint="pass a folder of a release's files")
    listed = sha256sums.parse(read_bounded(where, sha256sums.MAX_BYTES), str(where))
    own = [name for name in names if name in listed or name in UNLISTED_FILES]
    return listed, own, tuple(name for name in names if name not in own)


def _files(folder: Path) -> list[str]:
    hint = "pass a tag, or a folder of a release's files"
    with storage_errors(folder, "cannot be listed", hint=hint, missing=NotFound), os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        if not item.is_file(follow_symlinks=False):
            raise IntegrityError(
                f"{item.path}: not a regular file; a release has only regular files",
                hint=_hint_for(item.path),
            )
    return [item.name for item in items]


def _hint_for(path: str) -> str:
    """What to pass in place of a folder that has another one in it, such as a release that `publish` made."""
    if Path(path, sha256sums.NAME).is_file():
        return f"pass {path}"
    return f"pass the folder that has {sha256sums.NAME} in it"


def _check_manifest(
    folder: Path, digests: Mapping[str, str], tag: str | None, not_covered: Sequence[str]
) -> BundleManifest:
    path = folder / MANIFEST_NAME
    _require_listed(folder, (MANIFEST_NAME,), not_covered)
    if MANIFEST_NAME not in digests:
        raise IntegrityError(f"{path}: is missing", hint=DOWNLOAD_AGAIN)
    data = read_bounded(path)
    manifest = read_document(data, BundleManifest, str(path))
    if digest_bytes(data) != digests[MANIFEST_NAME]:
        raise IntegrityError(f"{path}: changed while it was read")
    if tag is not None and manifest.tag != tag:
        raise IntegrityError(f"{path}: is the manifest of {manifest.tag}, not of {tag}", hint=DOWNLOAD_AGAIN)
    if manifest.bundle.name != bundle_name(manifest.project, manifest.tag):
        raise IntegrityError(
            f"{path}: names a bundle {manifest.bundle.name} of another release", hint=DOWNLOAD_AGAIN
        )
    _require_listed(folder, [file.name for file in manifest.files], not_covered)
    listed = {asset.name: asset.sha256 for asset in manifest.files}
    actual = {name: digests[name] for name in digests if name not in UNLISTED_FILES | {MANIFEST_NAME}}
    require_equal(listed, actual, str(path))
    for asset in manifest.files:
        if (size := (folder / asset.name).stat().st_size) != asset.size:
            raise IntegrityError(f"{folder / asset.name}: {size} bytes, the manifest says {asset.size}")
    return manifest


def _require_listed(folder: Path, names: Iterable[str], not_covered: Sequence[str]) -> None:
    """Refuse a file of the release that is in the folder, but not in its checksums."""
    if unlisted := sorted(set(names) & set(not_covered)):
        raise IntegrityError(
            f"{folder / sha256sums.NAME}: does not list a file of the release: {listed_names(unlisted)}",
            hint=DOWNLOAD_AGAIN,
        )


def _check_bundle(folder: Path, manifest: BundleManifest) -> BundleContents:
    bundle = manifest.bundle
    contents = read_bundle(folder / bundle.name, top=top_folder(manifest.project, manifest.tag))
    expected = ArchiveDigests(bundle.size, bundle.sha256, bundle.tar_size, bundle.tar_sha256)
    if contents.written != expected:
        raise IntegrityError(
            f"{folder / bundle.name}: sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}; "
            f"the manifest says {expected.sha256}, tar {expected.tar_sha256}",
            hint=DOWNLOAD_AGAIN,
        )
    return contents
