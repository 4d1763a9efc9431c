"""Compares the files of a release with its git tag and with its page on the forge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.bundle.asset_names import MANIFEST_NAME
from obrelease.bundle.signing.armor import from_armor
from obrelease.bundle.signing.ssh import GIT_NAMESPACE, AllowedSigners, verify_or_check
from obrelease.errors import IntegrityError, InvalidInput, NotFound
from obrelease.models.manifest import BundleManifest, ReleaseAsset
from obrelease.models.validation import read_document
from obrelease.release.verify.layer_result import LayerResult, listed
from obrelease.release.verify.release_files import UNLISTED_FILES, VerifiedFiles
from obrelease.release.verify.release_page import page_differences, page_remarks, release_title
from obrelease.release.verify.signatures import describe_signer, signatures_of
from obrelease.release.verify.tag_message import digests_in, signatures_in
from obrelease.remote.forge.protocol import Asset, Forge, Release
from obrelease.remote.git.repository import GitRepository
from obrelease.remote.git.tag_object import TagInfo
from obrelease.storage.files import MAX_DOCUMENT_BYTES, read_bounded
from obrelease.storage.limits import Resource, charge
from obrelease.storage.progress import Progress

_PLACEHOLDER_DIGEST: Final = "0" * 64


def tag_layers(
    verified: VerifiedFiles,
    project: str,
    repo: GitRepository | None,
    trust: AllowedSigners | None,
    *,
    required: bool = False,
) -> tuple[LayerResult, LayerResult]:
    """Compare the release with its annotated tag in the repository, if it has one.

    The first layer is about the digests in the tag, the second about its signature.

    Args:
        project: the project of the repository; tags of another project do not count.
        trust: the allowed signers, or None.
        required: whether a repository must have a tag with the digests of the release.

    Raises:
        IntegrityError: the tag points to another commit, has other digests or signatures, or its own
            signature is invalid; or the tag is required and missing.
    """
    tag = _tag(verified.manifest, project, repo)
    if isinstance(tag, str):
        digests, signature = LayerResult("tag", False, tag), LayerResult("tag-signature", False, tag)
    else:
        digests, signature = _digests_layer(verified, tag), _signature_layer(tag, trust)
    if required and repo is not None and not digests.checked:
        raise IntegrityError(
            f"no tag confirms {verified.manifest.tag}: {digests.detail}",
            hint=f"fetch it: git fetch origin tag {verified.manifest.tag}; to verify without the tag, "
            "pass a policy that does not require it, or the folder of the files",
        )
    return digests, signature


def _tag(manifest: BundleManifest, project: str, repo: GitRepository | None) -> TagInfo | str:
    """The tag of the release, or why there is none."""
    if repo is None:
        return "not in a git repository"
    if project != manifest.project:
        return f"the repository is of {project}, the release of {manifest.project}"
    found = repo.local_tag(manifest.tag)
    return found or f"the repository has no tag {manifest.tag}; fetch it to check it"


def _digests_layer(verified: VerifiedFiles, tag: TagInfo) -> LayerResult:
    manifest = verified.manifest
    if tag.commit != manifest.commit:
        raise IntegrityError(
            f"the tag {manifest.tag} points to {tag.commit}, the release was made from {manifest.commit}",
            hint="the tag was moved, or the release belongs to another repository",
        )
    tagged = digests_in(tag.message)
    actual: Mapping[str, str] = {"bundle": manifest.bundle.sha256, "manifest": verified.manifest_sha256}
    for name, digest in actual.items():
        if name in tagged and tagged[name] != digest:
            raise IntegrityError(
                f"the tag {manifest.tag} has {name} sha256:{tagged[name]}, the release has sha256:{digest}",
                hint="the release was replaced after it was tagged, or the tag after the release",
            )
    _require_signatures(verified, tag)
    if tagged.keys() != actual.keys():
        return LayerResult("tag", False, f"points to {tag.commit[:12]}, but has no digests")
    return LayerResult("tag", True, f"points to {tag.commit[:12]} and has the digests of bundle and manifest")


def _require_signatures(verified: VerifiedFiles, tag: TagInfo) -> None:
    """Require the signatures of the tag in the release: none may be removed or changed."""
    present = signatures_of(verified)
    for name, text in signatures_in(tag.message).items():
        if present.get(name) != text:
            raise IntegrityError(
                f"the tag {tag.name} has a {name}-signature that the release does not have",
                hint="the signature was removed or replaced; do not use this release",
            )


def _signature_layer(tag: TagInfo, trust: AllowedSigners | None) -> LayerResult:
    if not tag.signature:
        return LayerResult("tag-signature", False, f"the tag {tag.name} has no SSH signature")
    where = f"the signature of the tag {tag.name}"
    blob = from_armor(tag.signature.encode("utf-8", "surrogateescape"), where)
    signer = verify_or_check(blob, GIT_NAMESPACE, tag.signed_text, trust, where)
    return LayerResult("tag-signature", trust is not None, describe_signer(signer))


def download_release(forge: Forge, tag: str, folder: Path, progress: Progress) -> Release:
    """Download every asset of a public release into an empty folder; those of other tools are left out.

    Raises:
        NotFound: there is no release of the tag, or only a draft.
        IntegrityError: an asset is incomplete, or has a name that no release asset has.
    """
    release = forge.find(tag)
    if release is None or release.draft:
        state = "there is only a draft of" if release else "there is no release"
        hint = "check the spelling of the tag; --forge chooses another forge"
        raise NotFound(f"{forge.name}: {state} {tag}", hint=hint)
    own = _own_assets(forge, release, folder)
    _check_assets(release, own)
    total = sum(asset.size for asset in own)
    charge(Resource.DOWNLOADED, total, f"{forge.name} {tag}")
    with progress("downloading", total) as advance:
        for asset in own:
            if asset.name != MANIFEST_NAME:
                forge.download(release, asset, folder / asset.name, advance)
    return release


def _own_assets(forge: Forge, release: Release, folder: Path) -> tuple[Asset, ...]:
    """The assets that the manifest of the release names; all of them if there is no valid manifest.

    The manifest is downloaded on the way. Assets of other tools are not.
    """
    held = [asset for asset in release.assets if asset.name == MANIFEST_NAME]
    if len(held) != 1 or not held[0].complete or held[0].size > MAX_DOCUMENT_BYTES:
        return tuple(asset for asset in release.assets if asset.name != MANIFEST_NAME)
    forge.download(release, held[0], folder / MANIFEST_NAME, lambda _: None)
    try:
        manifest = read_document(read_bounded(folder / MANIFEST_NAME), BundleManifest, MANIFEST_NAME)
    except InvalidInput:
        return release.assets
    names = {file.name for file in manifest.files} | UNLISTED_FILES | {MANIFEST_NAME}
    own = tuple(asset for asset in release.assets if asset.name in names)
    sizes = {file.name: file.size for file in manifest.files}
    for asset in own:
        expected = sizes.get(asset.name, asset.size)
        if asset.size != expected:
            raise IntegrityError(
                f"{release.tag}: {asset.name} has {asset.size} bytes, the manifest lists {expected}"
            )
    return own


def coverage_layer(verified: VerifiedFiles, release: Release | None) -> LayerResult:
    """Which files next to those of the release no file of it lists: another tool may have attached them.

    Args:
        release: the page that the files are from, or None for a folder.
    """
    found = verified.not_covered
    if release is not None:
        found = tuple(asset.name for asset in release.assets if asset.name not in verified.digests)
    if not found:
        return LayerResult("coverage", True, "there are no other files")
    what = f"{len(found)} other file{'' if len(found) == 1 else 's'}"
    names = [ascii(name[:80])[1:-1] for name in found]
    return LayerResult("coverage", False, f"{what} not covered: {listed(names)}")


def forge_layer(verified: VerifiedFiles, release: Release, forge: Forge) -> LayerResult:
    """Compare the release page on the forge with the files of the release.

    Raises:
        IntegrityError: title, notes, commit or prerelease flag are different.
    """
    manifest, notes = verified.manifest, verified.notes.decode("utf-8", "replace")
    changed = page_differences(
        release,
        title=release_title(manifest.project, manifest.tag),
        commit=manifest.commit,
        notes=notes,
        prerelease=manifest.prerelease,
        limits=forge.limits,
    )
    if changed:
        raise IntegrityError(
            f"{forge.name}: the page of {release.tag} was changed: {'; '.join(changed)}",
            hint="the files are valid, but the release page was edited; report it to the maintainers",
        )
    remarks = page_remarks(
        release,
        title=release_title(manifest.project, manifest.tag),
        notes=notes,
        prerelease=manifest.prerelease,
        limits=forge.limits,
    )
    detail = f"public on {forge.name}, {len(verified.digests)} assets: {release.url}"
    return LayerResult("forge", True, "; ".join([detail, *remarks]))


def _check_assets(release: Release, assets: Sequence[Asset]) -> None:
    """Check the names, which become file names: only safe ones, each only once."""
    seen: set[str] = set()
    for asset in assets:
        try:
            ReleaseAsset(name=asset.name, size=asset.size, sha256=asset.sha256 or _PLACEHOLDER_DIGEST)
        except ValidationError as error:
            raise IntegrityError(
                f"{release.tag} has an asset {asset.name[:80]!a} with a name that no release asset has"
            ) from error
        if not asset.complete or asset.name.lower() in seen:
            raise IntegrityError(f"{release.tag}: the asset {asset.name} is incomplete or listed twice")
        seen.add(asset.name.lower())
