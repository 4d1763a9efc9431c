"""Verify a release by tag, folder or address: what `obrelease verify` does, without a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obrelease.bundle import sha256sums
from obrelease.errors import UsageError
from obrelease.models.manifest import BundleManifest
from obrelease.models.version_tag import Tag
from obrelease.release.verify.download_url import Address, Read, download_from_address, is_address
from obrelease.release.verify.github_attestation import attestation_layer
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.notes_layer import notes_layer
from obrelease.release.verify.origin_layer import origin_layer
from obrelease.release.verify.performance_layer import performance_layers
from obrelease.release.verify.pictures_layer import pictures_layer
from obrelease.release.verify.policy_enforcement import enforce_policy, load_policy
from obrelease.release.verify.release_files import VerifiedFiles, verify_folder
from obrelease.release.verify.signatures import provenance_layer, sums_signature_layer
from obrelease.release.verify.sigstore_layer import require_identities, sigstore_layer
from obrelease.release.verify.tag_and_forge import coverage_layer, download_release, forge_layer, tag_layers
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.repository import repository_at
from obrelease.storage.limits import input_budget
from obrelease.storage.progress import Progress
from obrelease.storage.temporary import temporary_folder


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """A release that passed.

    Attributes:
        manifest_sha256: the digest that names the whole release.
        layers: what was checked, and what could not be checked and why.
    """

    manifest: BundleManifest
    manifest_sha256: str
    layers: tuple[LayerResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease verify --json` prints."""
        manifest = self.manifest
        return {
            "ok": True,
            "project": manifest.project,
            "tag": manifest.tag,
            "commit": manifest.commit,
            "manifest_sha256": self.manifest_sha256,
            "runs": [run.digest for run in manifest.runs],
            "layers": [
                {"name": layer.name, "checked": layer.checked, "detail": layer.detail}
                for layer in self.layers
            ],
        }


def verify_release(
    release: str,
    *,
    project: str,
    root: Path,
    open_forge: Callable[[], Forge],
    open_shared: Callable[[], tuple[Address, Read]] | None = None,
    policy: Path | None = None,
    attestations: Sequence[Path] = (),
    progress: Progress,
) -> VerifyResult:
    """Check a release: its files, its tag, its page, its signatures, and what a policy requires.

    Args:
        release: a tag, a folder of a release's files (with a `/`), or an address.
        project: the project of the git repository at `root`; tags of another project do not count.
        root: the folder whose git repository has the tag; it may be in none.
        open_forge: called only if `release` is a tag.
        open_shared: gives the files of a release in a shared registry, if `release` is one.
        policy: a release policy, or None.
        attestations: files with Sigstore bundles, beyond those in the release; they need a policy.

    Raises:
        NotFound: no such release.
        IntegrityError: a byte, a digest, a run, the notes, a signature, the tag or the page is wrong.
        InvalidInput: a document of the release or the policy is malformed.
        CheckFailed: the policy requires what the release does not have, or a run failed its checks.
        Conflict: two runs of the same workload have different events.
        UsageError: `release` or an argument of the forge is malformed, attestations come without a
            policy that names an identity, or the `sigstore` package is needed and missing.
        RemoteError, StorageError: the network or the disk failed.
    """
    with temporary_folder() as scratch, input_budget():
        rules, trust = load_policy(policy, scratch) if policy else (None, None)
        require_identities(rules, attestations)
        verified, page = _verify_files(release, scratch, open_forge, open_shared, progress)
        layers = (*verified.layers, notes_layer(verified), pictures_layer(verified, progress), *page)
        with repository_at(root) as repo:
            layers += (origin_layer(verified, repo),)
            tag_required = is_tag(release) and rules is None
            layers += tag_layers(verified, project, repo, trust, required=tag_required)
        layers += (
            sums_signature_layer(verified, trust),
            provenance_layer(verified, trust),
            attestation_layer(verified, rules),
            sigstore_layer(verified, rules, policy.parent if policy else Path(), attestations),
            *performance_layers(verified, rules, trust),
        )
        if rules is not None:
            enforce_policy(rules, verified, layers)
    return VerifyResult(verified.manifest, verified.manifest_sha256, layers)


def is_tag(release: str) -> bool:
    """Whether the text names a tag, and not an address or a folder.

    With a `/` it is a folder if there is one with the files of a release, or if it begins with `.` or `/`.
    """
    if is_address(release) or release.startswith((os.curdir, os.sep)):
        return False
    if os.sep not in release:
        return True
    if (Path(release) / sha256sums.NAME).is_file():
        return False
    try:
        return Tag.parse(release).text == release
    except UsageError:
        return False


def _verify_files(
    release: str,
    scratch: Path,
    open_forge: Callable[[], Forge],
    open_shared: Callable[[], tuple[Address, Read]] | None,
    progress: Progress,
) -> tuple[VerifiedFiles, tuple[LayerResult, ...]]:
    """The files of the release, downloaded if they are elsewhere, with the layer of its page."""
    downloads = scratch / "assets"
    if is_address(release):
        address, read = open_shared() if open_shared else (Address.parse(release), None)
        downloads.mkdir()
        unseen = download_from_address(address, downloads, progress, read)
        verified = verify_folder(downloads, scratch, progress, tag=address.tag, called=address.base)
        unlisted = LayerResult("coverage", False, "an address has no list of files: others are not noticed")
        return verified, (unseen, unlisted)
    if not is_tag(release):
        verified = verify_folder(Path(release), scratch, progress)
        return verified, (coverage_layer(verified, None),)
    tag, forge = Tag.parse(release).text, open_forge()
    downloads.mkdir()
    found = download_release(forge, tag, downloads, progress)
    verified = verify_folder(downloads, scratch, progress, tag=tag, called=f"{forge.name} {tag}")
    return verified, (coverage_layer(verified, found), forge_layer(verified, found, forge))
