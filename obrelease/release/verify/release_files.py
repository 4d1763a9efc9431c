"""Verify: a release judged from its files alone, layer by layer, and beside its tag where git has it."""

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
    bundle_name,
    top_folder,
)
from obrelease.bundle.reader import BundleContents, read_bundle, unpack_bundle
from obrelease.bundle.writer import ArchiveDigests
from obrelease.errors import IntegrityError, NotFound, ObreleaseError
from obrelease.models.manifest import BundleManifest, ReleaseRun
from obrelease.models.validation import read_document
from obrelease.models.verification_policy import LayerName
from obrelease.release.verify.run_checks import examined
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.progress import Progress
from obrelease.storage.system_errors import storage_errors

_ASK_AGAIN: Final = "do not use this release; download it again, and tell its maintainers if it stays so"
_SHOWN: Final = 5
_UNLISTED: Final = frozenset({sha256sums.NAME, SIGNATURE_NAME, PROVENANCE_NAME})
"""The files that SHA256SUMS cannot list: itself, and what is made from it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of trust: what was checked, or why it could not be."""

    name: LayerName
    checked: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A release whose files hold together.

    Attributes:
        digests: every file of the folder and its sha256.
        notes: the bundle's own NOTES.md.
    """

    folder: Path = field(compare=False)
    manifest: BundleManifest
    digests: Mapping[str, str]
    layers: tuple[Layer, ...]
    notes: str = ""

    @property
    def manifest_sha256(self) -> str:
        """The digest that names the whole release."""
        return self.digests[MANIFEST_NAME]

    def reread(self, name: str, limit: int) -> bytes:
        """A file of the release, read whole.

        Raises:
            IntegrityError: it is not the file that was hashed.
        """
        data = read_bounded(self.folder / name, limit)
        if digest_bytes(data) != self.digests[name]:
            raise IntegrityError(f"{self.folder / name}: changed while it was read")
        return data


def verify_folder(
    folder: Path, scratch: Path, progress: Progress, *, tag: str | None = None, called: str | None = None
) -> Verified:
    """Check a folder that holds the assets of one release and nothing else.

    Args:
        called: how errors name the folder, where it is a copy that is gone when they are read.
        scratch: an empty folder; the runs are unpacked below it, after the archive has passed.
        tag: what the release must call itself, or None for whatever it says.

    Raises:
        IntegrityError: files are missing, extra, or not what their digests say.
        InvalidInput: the manifest, the sums, the archive or an artefact is malformed.
        NotFound: the folder is not there, or is not a release.
    """
    with _told_as(called, folder, scratch):
        return _verified(folder, scratch, progress, tag)


@contextmanager
def _told_as(called: str | None, folder: Path, scratch: Path) -> Iterator[None]:
    """Errors name the release and its asset, not the place where a copy of it lay for a moment."""
    try:
        yield
    except ObreleaseError as error:
        if called is None:
            raise
        message = error.message
        for place in (scratch / "unpacked", folder):
            message = message.replace(f"{place}/", f"{called}: ").replace(str(place), called)
        raise type(error)(message, hint=error.hint) from error


def _verified(folder: Path, scratch: Path, progress: Progress, tag: str | None) -> Verified:
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
        Layer("sums", True, f"SHA256SUMS names exactly the {listed} files that it covers"),
        Layer("manifest", True, "canonical, of a known version, and of exactly these files"),
        Layer("bundle", True, f"sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}"),
        Layer(
            "members", True, f"{len(contents.members)} members by the rules, equal to manifest and inner sums"
        ),
        Layer(
            "runs", True, f"{len(manifest.runs)} artefacts re-read and re-hashed, their numbers derived again"
        ),
    )
    return Verified(folder, manifest, digests, layers, _notes(scratch / "unpacked"))


def _files(folder: Path) -> list[str]:
    hint = "pass a tag, or a folder of a release's files"
    with storage_errors(folder, "cannot be listed", hint=hint, missing=NotFound), os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        if not item.is_file(follow_symlinks=False):
            raise IntegrityError(
                f"{item.path}: not a regular file, a release has nothing else",
                hint="give the folder that holds SHA256SUMS itself",
            )
    return [item.name for item in items]


def _check_sums(folder: Path, digests: Mapping[str, str]) -> int:
    if sha256sums.NAME not in digests:
        raise NotFound(f"{folder}: holds no {sha256sums.NAME}", hint="give a folder of a release's files")
    where = folder / sha256sums.NAME
    listed = sha256sums.parse(read_bounded(where, sha256sums.MAX_BYTES), str(where))
    _require_equal(listed, {name: digests[name] for name in digests if name not in _UNLISTED}, str(where))
    return len(listed)


def _check_manifest(folder: Path, digests: Mapping[str, str], tag: str | None) -> BundleManifest:
    path = folder / MANIFEST_NAME
    if MANIFEST_NAME not in digests:
        raise IntegrityError(f"{path}: is missing", hint=_ASK_AGAIN)
    data = read_bounded(path)
    manifest = read_document(data, BundleManifest, str(path))
    if digest_bytes(data) != digests[MANIFEST_NAME]:
        raise IntegrityError(f"{path}: changed while it was read")
    if tag is not None and manifest.tag != tag:
        raise IntegrityError(f"{path}: is the manifest of {manifest.tag}, not of {tag}", hint=_ASK_AGAIN)
    if manifest.bundle.name != bundle_name(manifest.project, manifest.tag):
        raise IntegrityError(
            f"{path}: names a bundle {manifest.bundle.name} of another release", hint=_ASK_AGAIN
        )
    said = {asset.name: asset.sha256 for asset in (manifest.bundle, *manifest.assets)}
    there = {name: digests[name] for name in digests if name not in _UNLISTED | {MANIFEST_NAME}}
    _require_equal(said, there, str(path))
    for asset in (manifest.bundle, *manifest.assets):
        if (size := (folder / asset.name).stat().st_size) != asset.size:
            raise IntegrityError(f"{folder / asset.name}: {size} bytes, the manifest says {asset.size}")
    return manifest


def _check_bundle(folder: Path, manifest: BundleManifest) -> BundleContents:
    bundle = manifest.bundle
    contents = read_bundle(folder / bundle.name, top=top_folder(manifest.project, manifest.tag))
    said = ArchiveDigests(bundle.size, bundle.sha256, bundle.tar_size, bundle.tar_sha256)
    if contents.written != said:
        raise IntegrityError(
            f"{folder / bundle.name}: sha256 {contents.written.sha256}, tar {contents.written.tar_sha256}; "
            f"the manifest says {said.sha256}, tar {said.tar_sha256}",
            hint=_ASK_AGAIN,
        )
    return contents


def _check_members(contents: BundleContents, manifest: BundleManifest) -> None:
    if contents.members != manifest.members:
        differing = sorted({member.path for member in {*contents.members} ^ {*manifest.members}})
        raise IntegrityError(
            f"{manifest.bundle.name}: {', '.join(differing[:5])}: not as the manifest says", hint=_ASK_AGAIN
        )
    runs = tuple(f"{run.path}/" for run in manifest.runs)
    for member in contents.members:
        if member.path.startswith(f"{RESULTS_FOLDER}/") and not member.path.startswith(runs):
            raise IntegrityError(f"{manifest.bundle.name}: {member.path} belongs to no run of the manifest")


def _check_runs(bundle: Path, folder: Path, contents: BundleContents, manifest: BundleManifest) -> None:
    unpack_bundle(bundle, folder, contents)
    where = f"{bundle.name}: {sha256sums.NAME}"
    if not (folder / sha256sums.NAME).is_file():
        raise IntegrityError(f"{where}: is missing", hint=_ASK_AGAIN)
    listed = sha256sums.parse(read_bounded(folder / sha256sums.NAME, sha256sums.MAX_BYTES), where)
    inside = {member.path: member.sha256 for member in contents.members if member.path != sha256sums.NAME}
    _require_equal(listed, inside, where)
    for run in manifest.runs:
        _check_run(folder, run)


def _notes(unpacked: Path) -> str:
    """The notes, whose bytes were compared with the manifest before; none where the bundle has none."""
    path = unpacked / NOTES_NAME
    return read_bounded(path).decode("utf-8", "replace") if path.is_file() else ""


def _check_run(folder: Path, run: ReleaseRun) -> None:
    found, artefact = examined(folder / run.path, shown=run.path, hint=_ASK_AGAIN)
    events_digest = artefact.outcome.events_digest if artefact.outcome else None
    facts = ReleaseRun(
        digest=found.digest or "",
        kind=artefact.kind,
        scenario=artefact.scenario,
        path=run.path,
        events_digest=events_digest,
    )
    if facts != run:
        raise IntegrityError(f"{run.path}: is not the run that the manifest names", hint=_ASK_AGAIN)


def _require_equal(said: Mapping[str, str], there: Mapping[str, str], where: str) -> None:
    """Exactly these names with exactly these digests; `sha256sum -c` would pass over extra files."""
    for complaint, names in (
        ("lists what is not there", said.keys() - there.keys()),
        ("does not list", there.keys() - said.keys()),
    ):
        if names:
            shown = ", ".join(ascii(name) for name in sorted(names)[:_SHOWN])
            raise IntegrityError(f"{where}: {complaint}: {shown}", hint=_ASK_AGAIN)
    differing = sorted(name for name in said if said[name] != there[name])
    if differing:
        both = (f"{name!a} ({said[name]}, the file has {there[name]})" for name in differing[:_SHOWN])
        raise IntegrityError(f"{where}: has another sha256 for: {', '.join(both)}", hint=_ASK_AGAIN)
