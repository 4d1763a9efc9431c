"""Upload: a draft, every asset, every digest read back, and then the one flip that makes it public."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from obrelease.errors import Conflict, IntegrityError, RemoteError
from obrelease.models.canonical import digest_file
from obrelease.models.release import Plan, ReleaseAsset
from obrelease.release.step import Packed, Staging, Tools, forge_of, packed_of
from obrelease.remote.forge import Asset, Forge, NewRelease, Release


class Upload:
    """Publishes the packed release, or finds that exactly this release is public already."""

    name = "upload"

    def skip(self, plan: Plan) -> str | None:
        """On a dry run."""
        return "dry run" if plan.dry_run else None

    def run(self, plan: Plan, tools: Tools, staging: Staging) -> Staging:
        """Publish.

        Raises:
            Conflict: the tag's release, or its draft, holds something else.
            IntegrityError: the forge gave back other bytes than it was given.
        """
        packed, forge = packed_of(staging), forge_of(tools)
        found = forge.find(plan.tag)
        if found is not None and not found.draft:
            _require_same(forge, found, packed, "is public already, with other contents", sent=False)
            return replace(staging, uploaded="already published", url=found.url)
        draft = found or forge.create_draft(_new(plan, staging))
        _fill(forge, tools, draft, packed)
        filled = _again(forge, plan.tag)
        _require_same(forge, filled, packed, "has a draft that holds something else", sent=True)
        if filled.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={filled.prerelease}", hint=_LOOK)
        published = forge.publish(filled)
        _require_public(forge, published, packed)
        return replace(staging, uploaded="published", url=published.url)


_LOOK = "look at the release on the forge; remove the draft by hand if it is not yours, then publish again"


def _new(plan: Plan, staging: Staging) -> NewRelease:
    return NewRelease(
        tag=plan.tag,
        commit=plan.commit,
        title=f"{plan.project} {plan.tag}",
        notes=staging.notes,
        prerelease=plan.prerelease,
    )


def _fill(forge: Forge, tools: Tools, draft: Release, packed: Packed) -> None:
    wanted = {asset.facts.name for asset in packed.assets}
    foreign = sorted(asset.name for asset in draft.assets if asset.name not in wanted)
    if foreign:
        raise Conflict(f"the draft of {draft.tag} holds other files: {', '.join(foreign)}", hint=_LOOK)
    with tools.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(draft, asset.facts.name, asset.file, asset.facts.sha256, advance)


def _again(forge: Forge, tag: str) -> Release:
    found = forge.find(tag)
    if found is None:
        raise RemoteError(f"the release of {tag} cannot be found on {forge.name} after its upload")
    return found


def _require_public(forge: Forge, published: Release, packed: Packed) -> None:
    seen = _again(forge, published.tag)
    if published.draft or seen.draft:
        raise RemoteError(f"{forge.name} says that {published.tag} is published, and shows a draft")
    _require_same(forge, seen, packed, "was published with other contents", sent=True)


def _require_same(forge: Forge, release: Release, packed: Packed, complaint: str, *, sent: bool) -> None:
    """Compare every asset by name, size and digest.

    A forge may keep no digests. What this run has sent was proved as it went out; what was found
    there (`sent` is False) is read back and hashed.
    """
    wanted = {asset.facts.name: asset.facts for asset in packed.assets}
    names = [asset.name for asset in release.assets]
    differing = sorted(set(names) ^ wanted.keys()) or sorted({n for n in names if names.count(n) > 1})
    if not differing:
        differing = [
            asset.name
            for asset in release.assets
            if not _same(forge, release, asset, wanted[asset.name], sent=sent)
        ]
    if differing:
        raise Conflict(
            f"{release.tag} {complaint}: {', '.join(differing)}",
            hint=_LOOK if release.draft else "a public release is never changed: make a new tag",
        )


def _same(forge: Forge, release: Release, asset: Asset, wanted: ReleaseAsset, *, sent: bool) -> bool:
    if not asset.complete or asset.size != wanted.size:
        return False
    if asset.sha256 is None and sent:
        return True
    return (asset.sha256 or _read_back(forge, release, asset)) == wanted.sha256


def _read_back(forge: Forge, release: Release, asset: Asset) -> str:
    with tempfile.TemporaryDirectory(prefix="obrelease-") as folder:
        target = Path(folder) / "asset"
        forge.download(release, asset, target, lambda _: None)
        digest, size = digest_file(target)
    if size != asset.size:
        raise IntegrityError(f"{asset.name}: {forge.name} announced {asset.size} bytes and gave {size}")
    return digest
