"""Witnesses beside the files of a release: the tag in git, and what the forge itself reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.errors import IntegrityError, NotFound
from obrelease.models.release import ReleaseAsset
from obrelease.release.message import digests_in
from obrelease.release.step import Progress
from obrelease.release.verify import Layer, Verified
from obrelease.remote.forge import Forge, Release
from obrelease.remote.worktree import Worktree

_NO_DIGEST: Final = "0" * 64


def tag_layer(verified: Verified, project: str, worktree: Worktree | None) -> Layer:
    """Compare the release with the annotated tag of this repository, where it has one.

    Args:
        project: what is released from this repository; another project's tags say nothing here.

    Raises:
        IntegrityError: the tag points at another commit or carries other digests.
    """
    manifest = verified.manifest
    if worktree is None:
        return Layer("tag", False, "not in a git repository")
    if project != manifest.project:
        return Layer("tag", False, f"this repository is of {project}, the release of {manifest.project}")
    tag = worktree.local_tag(manifest.tag)
    if tag is None:
        return Layer("tag", False, f"this repository has no tag {manifest.tag}; fetch it to check it")
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
    if said.keys() != true.keys():
        return Layer("tag", False, f"points at {tag.commit[:12]} as it should, and carries no digests")
    return Layer("tag", True, f"points at {tag.commit[:12]} and carries the digests of bundle and manifest")


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
    """Compare what the forge says of the release with its manifest.

    Raises:
        IntegrityError: the forge calls a prerelease a release, or the other way round.
    """
    if release.prerelease != verified.manifest.prerelease:
        raise IntegrityError(f"{forge.name} has prerelease={release.prerelease} for {release.tag}")
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
