"""Compares a packed release with an existing tag and with the assets on the forge."""

from __future__ import annotations

from obrelease.errors import Conflict, IntegrityError
from obrelease.models.manifest import ReleaseAsset
from obrelease.models.plan import Plan
from obrelease.release.publish.draft_release import INSPECT_HINT
from obrelease.release.publish.staged_release import PackedRelease
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.forge.protocol import Asset, Forge, Release
from obrelease.remote.git.tag_object import TagInfo
from obrelease.storage.hashing import digest_file
from obrelease.storage.temporary import temporary_folder


def tag_digests(packed: PackedRelease) -> dict[str, str]:
    """The digests that the tag's message carries."""
    return {"bundle": packed.manifest.bundle.sha256, "manifest": packed.manifest_sha256}


def require_same_tag(plan: Plan, present: TagInfo, packed: PackedRelease) -> None:
    """Refuse a tag of another commit or another release, or a tag without digests.

    Raises:
        Conflict: it points to another commit, has another digest, or lacks one.
    """
    if present.commit != plan.commit:
        raise Conflict(f"the tag {plan.tag} points at {present.commit[:12]}, not at {plan.commit[:12]}")
    tagged = digests_in(present.message)
    require_digests(present)
    for name, digest in tag_digests(packed).items():
        if name in tagged and tagged[name] != digest:
            raise Conflict(
                f"the tag {plan.tag} carries {name} sha256:{tagged[name]}, this {name} has sha256:{digest}",
                hint="the runs, the schemas or the notes differ from those that were tagged: "
                "choose the same runs with --run, or choose a new tag",
            )


def require_digests(present: TagInfo) -> None:
    """Refuse a tag that was made by hand: it says nothing about the contents of the release.

    Raises:
        Conflict: it is lightweight, or its message lacks a digest.
    """
    if digests_in(present.message).keys() != {"bundle", "manifest"}:
        state = "has no digests" if present.annotated else "is a lightweight tag"
        raise Conflict(
            f"the tag {present.name} exists already and {state}: it says nothing about the release",
            hint=f"remove it, so that this command can create it: git tag --delete {present.name}; "
            "if it was pushed, choose a new tag",
        )


def require_same_assets(
    forge: Forge, release: Release, packed: PackedRelease, complaint: str, *, sent: bool
) -> None:
    """Compare every asset by name, size and digest.

    Args:
        complaint: the message of the conflict, before the names of the differing assets.
        sent: whether this process uploaded the assets. If the forge reports no digest, assets that
            were found there are downloaded and hashed.

    Raises:
        Conflict: an asset is missing, additional or different.
        IntegrityError: the forge returned fewer or more bytes than it announced.
    """
    wanted = {asset.facts.name: asset.facts for asset in packed.assets}
    names = [asset.name for asset in release.assets]
    differing = sorted(set(names) ^ wanted.keys()) or sorted({n for n in names if names.count(n) > 1})
    if not differing:
        differing = [
            asset.name
            for asset in release.assets
            if not _is_same(forge, release, asset, wanted[asset.name], sent=sent)
        ]
    if differing:
        raise Conflict(
            f"{release.tag} {complaint}: {', '.join(differing)}",
            hint=INSPECT_HINT if release.draft else "a public release is never changed: choose a new tag",
        )


def _is_same(forge: Forge, release: Release, asset: Asset, wanted: ReleaseAsset, *, sent: bool) -> bool:
    if not asset.complete or asset.size != wanted.size:
        return False
    if asset.sha256 is None and sent:
        return True
    return (asset.sha256 or _read_back(forge, release, asset)) == wanted.sha256


def _read_back(forge: Forge, release: Release, asset: Asset) -> str:
    with temporary_folder() as folder:
        target = folder / "asset"
        forge.download(release, asset, target, lambda _: None)
        digest, size = digest_file(target)
    if size != asset.size:
        raise IntegrityError(f"{asset.name}: {forge.name} announced {asset.size} bytes and sent {size}")
    return digest
