"""Witnesses beside the files of a release: the tag in git, and what the forge itself reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.bundle.signing.armor import from_armor
from obrelease.bundle.signing.ssh import GIT_NAMESPACE, AllowedSigners, verify_or_check
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.manifest import BundleManifest, ReleaseAsset
from obrelease.release.verify.release_files import Layer, Verified
from obrelease.release.verify.release_page import differences, title_of
from obrelease.release.verify.signatures import signatures_of, told
from obrelease.release.verify.tag_message import digests_in, signatures_in
from obrelease.remote.forge.protocol import Forge, Release
from obrelease.remote.git.repository import GitRepository
from obrelease.remote.git.tag_object import TagInfo
from obrelease.storage.progress import Progress

_NO_DIGEST: Final = "0" * 64


def tag_layers(
    verified: Verified,
    project: str,
    repo: GitRepository | None,
    trust: AllowedSigners | None,
    *,
    demanded: bool = False,
) -> tuple[Layer, Layer]:
    """Compare the release with the annotated tag of this repository, where it has one.

    The first layer is what the tag says, the second is who signed it.

    Args:
        project: what is released from this repository; another project's tags say nothing here.
        trust: whose signatures count, or None where nobody has said it.
        demanded: whether a tag that binds the release must be there, wherever there is a repository.

    Raises:
        IntegrityError: the tag points at another commit, carries other digests or signatures, or
            its own signature does not hold; or it is demanded and binds nothing.
    """
    tag = _tag(verified.manifest, project, repo)
    if isinstance(tag, str):
        digests, signature = Layer("tag", False, tag), Layer("tag-signature", False, tag)
    else:
        digests, signature = _digests_layer(verified, tag), _signature_layer(tag, trust)
    if demanded and repo is not None and not digests.checked:
        raise IntegrityError(
            f"no tag vouches for {verified.manifest.tag}: {digests.detail}",
            hint=f"fetch it: git fetch origin tag {verified.manifest.tag}; to do without the tag, "
            "give a policy that does not require it, or the folder of the files",
        )
    return digests, signature


def _tag(manifest: BundleManifest, project: str, repo: GitRepository | None) -> TagInfo | str:
    """The tag of the release in this repository, or why there is none."""
    if repo is None:
        return "not in a git repository"
    if project != manifest.project:
        return f"this repository is of {project}, the release of {manifest.project}"
    found = repo.local_tag(manifest.tag)
    return found or f"this repository has no tag {manifest.tag}; fetch it to check it"


def _digests_layer(verified: Verified, tag: TagInfo) -> Layer:
    manifest = verified.manifest
    if tag.commit != manifest.commit:
        raise IntegrityError(
            f"the tag {manifest.tag} points at {tag.commit}, the release was made from {manifest.commit}",
            hint="the tag was moved, or the release belongs to another repository",
        )
    said = digests_in(tag.message)
    true: Mapping[str, str] = {"bundle": manifest.bundle.sha256, "manifest": verified.manifest_sha256}
    for name, digest in true.items():
        if name in said and said[name] != digest:
            raise IntegrityError(
                f"the tag {manifest.tag} carries {name} sha256:{said[name]}, the release has sha256:{digest}",
                hint="the release was replaced after it was tagged, or the tag after the release",
            )
    _require_signatures(verified, tag)
    if said.keys() != true.keys():
        return Layer("tag", False, f"points at {tag.commit[:12]} as it should, and carries no digests")
    return Layer("tag", True, f"points at {tag.commit[:12]} and carries the digests of bundle and manifest")


def _require_signatures(verified: Verified, tag: TagInfo) -> None:
    """The signatures that the tag carries are those of the release: none was stripped, none was changed."""
    there = signatures_of(verified)
    for name, text in signatures_in(tag.message).items():
        if there.get(name) != text:
            raise IntegrityError(
                f"the tag {tag.name} carries a {name}-signature that the release does not have",
                hint="the signature was stripped or replaced; do not use this release",
            )


def _signature_layer(tag: TagInfo, trust: AllowedSigners | None) -> Layer:
    if not tag.signature:
        return Layer("tag-signature", False, f"the tag {tag.name} has no SSH signature")
    where = f"the signature of the tag {tag.name}"
    blob = from_armor(tag.signature.encode("utf-8", "surrogateescape"), where)
    signer = verify_or_check(blob, GIT_NAMESPACE, tag.signed_text, trust, where)
    return Layer("tag-signature", trust is not None, told(signer))


def fetch(forge: Forge, tag: str, folder: Path, progress: Progress) -> Release:
    """Download every asset of a public release into a folder that is there and empty.

    Raises:
        NotFound: no release of the tag, or only a draft.
        IntegrityError: an asset is incomplete, or its name is not one that a release has.
    """
    release = forge.find(tag)
    if release is None or release.draft:
        state = "only a draft" if release else "nothing"
        raise NotFound(
            f"{forge.name}: {state} is there for {tag}", hint=f"publish it: `obrelease publish {tag}`"
        )
    _check_assets(release)
    with progress("downloading", sum(asset.size for asset in release.assets)) as advance:
        for asset in release.assets:
            forge.download(release, asset, folder / asset.name, advance)
    return release


def forge_layer(verified: Verified, release: Release, forge: Forge) -> Layer:
    """Compare what a reader sees on the forge with what the release's files say.

    Raises:
        IntegrityError: title, notes, commit or the mark of a prerelease are other ones.
    """
    manifest = verified.manifest
    told = differences(
        release,
        title=title_of(manifest.project, manifest.tag),
        commit=manifest.commit,
        notes=verified.notes,
        prerelease=manifest.prerelease,
    )
    if told:
        raise IntegrityError(
            f"{forge.name}: the page of {release.tag} was changed: {'; '.join(told)}",
            hint="the files hold together, the page does not speak for them; tell the maintainers",
        )
    return Layer("forge", True, f"public on {forge.name}, {len(release.assets)} assets: {release.url}")


def _check_assets(release: Release) -> None:
    """Names become paths below our scratch folder: only plain ones, each once."""
    seen: set[str] = set()
    for asset in release.assets:
        try:
            ReleaseAsset(name=asset.name, size=asset.size, sha256=asset.sha256 or _NO_DIGEST)
        except ValidationError as error:
            raise IntegrityError(
                f"{release.tag} has an asset {asset.name[:80]!a} that we never write"
            ) from error
        if not asset.complete or asset.name.lower() in seen:
            raise IntegrityError(f"{release.tag}: the asset {asset.name} is incomplete or there twice")
        seen.add(asset.name.lower())
