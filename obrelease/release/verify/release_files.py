"""Verifies the files of a release by themselves, layer by layer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import (
    MANIFEST_NAME,
    NOTES_NAME,
    PROVENANCE_NAME,
    RESULTS_FOLDER,
    SIGNATURE_NAME,
    SIGSTORE_NAMES,
    bundle_name,
    top_folder,
)
from obrelease.bundle.reader import BundleContents, read_bundle, unpack_bundle
from obrelease.bundle.writer import ArchiveDigests
from obrelease.errors import IntegrityError, NotFound, ObreleaseError
from obrelease.models.manifest import BundleManifest, ReleaseRun
from obrelease.models.validation import read_document
from obrelease.models.verification_policy import LayerName
from obrelease.release.verify.run_checks import load_checked_run
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.progress import Progress
from obrelease.storage.system_errors import storage_errors

_DOWNLOAD_AGAIN: Final = (
    "do not use this release; download it again, and report it to its maintainers if that does not help"
)
_MAX_LISTED: Final = 5
UNLISTED_FILES: Final = frozenset({sha256sums.NAME, SIGNATURE_NAME, PROVENANCE_NAME, *SIGSTORE_NAMES})
"""The files that SHA256SUMS cannot list: itself, and those that are made from it."""


@dataclass(frozen=True, slots=True)
class LayerResult:
    """The result for one layer of trust: what was checked, or why it could not be checked."""

    name: LayerName
    checked: bool
    detail: str


@dataclass(frozen=True, slots=True)
class VerifiedFiles:
    """The files of a release that passed all checks.

    Attributes:
        digests: the sha256 of every file of the folder.
        layers: the layers that were checked.
        notes: the NOTES.md of the bundle.
    """

    folder: Path = field(compare=False)
    manifest: BundleManifest
    digests: Mapping[str, str]
    layers: tuple[LayerResult, ...]
    notes: str = ""

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
    """Check a folder with the assets of one release and nothing else.

    Args:
        scratch: an empty folder; the runs are unpacked in it after the archive was checked.
        tag: the expected tag; any tag if None.
        called: the name of the folder in error messages, if it is a temporary copy.

    Raises:
        IntegrityError: files are missing or additional, or do not have their digests.
        InvalidInput: the manifest, the checksums, the archive or an artefact is malformed.
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
    names = _files(folder)
    with progress("hashing", sum((folder / name).stat().st_size for name in names)) as advance:
        digests = {}
        for name in names:
            digests[name], size = digest_file(folder / name)
            advance(size)
    listed = _check_sums(folder, digests)
    manifest = _check_manifest(folder, digests, tag)
    contents = _check_bundle(folder, manifest)
    _check_members(contents, manifest)
    _check_runs(folder / manifest.bundle.name, scratch / "unpacked", contents, manifest)
    layers = (
        LayerResult("sums", True, f"SHA256SUMS lists exactly the {listed} files that it covers"),
        LayerResult("manifest", True, "canonical, of a known version, and lists exactly these files"),
        LayerResult("bundle", True, f"sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}"),
        LayerResult(
            "members",
            True,
            f"{len(contents.members)} valid members, equal to the manifest and the inner SHA256SUMS",
        ),
        LayerResult(
            "runs", True, f"{len(manifest.runs)} artefacts read and hashed again, their numbers derived again"
        ),
    )
    return VerifiedFiles(folder, manifest, digests, layers, _notes(scratch / "unpacked"))


def _files(folder: Path) -> list[str]:
    hint = "pass a tag, or a folder of a release's files"
    with storage_errors(folder, "cannot be listed", hint=hint, missing=NotFound), os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        if not item.is_file(follow_symlinks=False):
            raise IntegrityError(
                f"{item.path}: not a regular file; a release has only regular files",
                hint="pass the folder that has SHA256SUMS in it",
            )
    return [item.name for item in items]


def _check_sums(folder: Path, digests: Mapping[str, str]) -> int:
    if sha256sums.NAME not in digests:
        raise NotFound(f"{folder}: has no {sha256sums.NAME}", hint="pass a folder of a release's files")
    where = folder / sha256sums.NAME
    listed = sha256sums.parse(read_bounded(where, sha256sums.MAX_BYTES), str(where))
    _require_equal(
        listed, {name: digests[name] for name in digests if name not in UNLISTED_FILES}, str(where)
    )
    return len(listed)


def _check_manifest(folder: Path, digests: Mapping[str, str], tag: str | None) -> BundleManifest:
    path = folder / MANIFEST_NAME
    if MANIFEST_NAME not in digests:
        raise IntegrityError(f"{path}: is missing", hint=_DOWNLOAD_AGAIN)
    data = read_bounded(path)
    manifest = read_document(data, BundleManifest, str(path))
    if digest_bytes(data) != digests[MANIFEST_NAME]:
        raise IntegrityError(f"{path}: changed while it was read")
    if tag is not None and manifest.tag != tag:
        raise IntegrityError(f"{path}: is the manifest of {manifest.tag}, not of {tag}", hint=_DOWNLOAD_AGAIN)
    if manifest.bundle.name != bundle_name(manifest.project, manifest.tag):
        raise IntegrityError(
            f"{path}: names a bundle {manifest.bundle.name} of another release", hint=_DOWNLOAD_AGAIN
        )
    listed = {asset.name: asset.sha256 for asset in (manifest.bundle, *manifest.assets)}
    actual = {name: digests[name] for name in digests if name not in UNLISTED_FILES | {MANIFEST_NAME}}
    _require_equal(listed, actual, str(path))
    for asset in (manifest.bundle, *manifest.assets):
        if (size := (folder / asset.name).stat().st_size) != asset.size:
            raise IntegrityError(f"{folder / asset.name}: {size} bytes, the manifest says {asset.size}")
    return manifest


def _check_bundle(folder: Path, manifest: BundleManifest) -> BundleContents:
    bundle = manifest.bundle
    contents = read_bundle(folder / bundle.name, top=top_folder(manifest.project, manifest.tag))
    expected = ArchiveDigests(bundle.size, bundle.sha256, bundle.tar_size, bundle.tar_sha256)
    if contents.written != expected:
        raise IntegrityError(
            f"{folder / bundle.name}: sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}; "
            f"the manifest says {expected.sha256}, tar {expected.tar_sha256}",
            hint=_DOWNLOAD_AGAIN,
        )
    return contents


def _check_members(contents: BundleContents, manifest: BundleManifest) -> None:
    if contents.members != manifest.members:
        differing = sorted({member.path for member in {*contents.members} ^ {*manifest.members}})
        raise IntegrityError(
            f"{manifest.bundle.name}: {', '.join(differing[:5])}: differ from the manifest",
            hint=_DOWNLOAD_AGAIN,
        )
    runs = tuple(f"{run.path}/" for run in manifest.runs)
    for member in contents.members:
        if member.path.startswith(f"{RESULTS_FOLDER}/") and not member.path.startswith(runs):
            raise IntegrityError(f"{manifest.bundle.name}: {member.path} belongs to no run of the manifest")


def _check_runs(bundle: Path, folder: Path, contents: BundleContents, manifest: BundleManifest) -> None:
    unpack_bundle(bundle, folder, contents)
    where = f"{bundle.name}: {sha256sums.NAME}"
    if not (folder / sha256sums.NAME).is_file():
        raise IntegrityError(f"{where}: is missing", hint=_DOWNLOAD_AGAIN)
    listed = sha256sums.parse(read_bounded(folder / sha256sums.NAME, sha256sums.MAX_BYTES), where)
    inside = {member.path: member.sha256 for member in contents.members if member.path != sha256sums.NAME}
    _require_equal(listed, inside, where)
    for run in manifest.runs:
        _check_run(folder, run)


def _notes(unpacked: Path) -> str:
    """The notes, which the manifest covers; empty if the bundle has none."""
    path = unpacked / NOTES_NAME
    return read_bounded(path).decode("utf-8", "replace") if path.is_file() else ""


def _check_run(folder: Path, run: ReleaseRun) -> None:
    found, artefact = load_checked_run(folder / run.path, called=run.path, hint=_DOWNLOAD_AGAIN)
    events_digest = artefact.outcome.events_digest if artefact.outcome else None
    facts = ReleaseRun(
        digest=found.digest or "",
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=run.path,
        events_digest=events_digest,
    )
    if facts != run:
        raise IntegrityError(f"{run.path}: is not the run that the manifest names", hint=_DOWNLOAD_AGAIN)


def _require_equal(listed: Mapping[str, str], actual: Mapping[str, str], where: str) -> None:
    """Require exactly these names with these digests; `sha256sum -c` would ignore additional files."""
    for complaint, names in (
        ("lists missing files", listed.keys() - actual.keys()),
        ("does not list existing files", actual.keys() - listed.keys()),
    ):
        if names:
            shown = ", ".join(ascii(name) for name in sorted(names)[:_MAX_LISTED])
            raise IntegrityError(f"{where}: {complaint}: {shown}", hint=_DOWNLOAD_AGAIN)
    differing = sorted(name for name in listed if listed[name] != actual[name])
    if differing:
        both = (f"{name!a} ({listed[name]}, the file has {actual[name]})" for name in differing[:_MAX_LISTED])
        raise IntegrityError(f"{where}: has another sha256 for: {', '.join(both)}", hint=_DOWNLOAD_AGAIN)
