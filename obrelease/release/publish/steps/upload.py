"""Upload: every asset into the draft, every digest read back, and then the one flip that makes it public."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, RemoteError
from obrelease.models.manifest import Plan
from obrelease.release.publish.compare_assets import require_same
from obrelease.release.publish.draft_release import LOOK, reserved
from obrelease.release.publish.step import Packed, Staging, Tools, forge_of, packed_of
from obrelease.remote.forge.protocol import Forge, Release


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
        found = reserved(plan, tools, staging)
        if not found.draft:
            require_same(forge, found, packed, "is public already, with other contents", sent=False)
            _all_acted(tools, plan, packed)
            return replace(staging, uploaded="already published", url=found.url)
        _fill(tools, forge, found, packed)
        filled = _again(forge, plan.tag)
        require_same(forge, filled, packed, "has a draft that holds something else", sent=True)
        if filled.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={filled.prerelease}", hint=LOOK)
        published = forge.publish(filled)
        _require_public(forge, published, packed)
        tools.acted("publish", plan.tag)
        return replace(staging, uploaded="published", url=published.url)


def _all_acted(tools: Tools, plan: Plan, packed: Packed) -> None:
    for asset in packed.assets:
        tools.acted("upload", asset.facts.name)
    tools.acted("publish", plan.tag)


def _fill(tools: Tools, forge: Forge, draft: Release, packed: Packed) -> None:
    with tools.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(draft, asset.facts.name, asset.file, asset.facts.sha256, advance)
            tools.acted("upload", asset.facts.name)


def _again(forge: Forge, tag: str) -> Release:
    found = forge.find(tag)
    if found is None:
        raise RemoteError(f"the release of {tag} cannot be found on {forge.name} after its upload")
    return found


def _require_public(forge: Forge, published: Release, packed: Packed) -> None:
    seen = _again(forge, published.tag)
    if published.draft or seen.draft:
        raise RemoteError(f"{forge.name} says that {published.tag} is published, and shows a draft")
    require_same(forge, seen, packed, "was published with other contents", sent=True)
