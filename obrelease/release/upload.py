"""Upload: a draft, every asset, every digest read back, and then the one flip that makes it public."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, RemoteError
from obrelease.models.release import Plan
from obrelease.release.sameness import LOOK, require_same
from obrelease.release.step import Packed, Staging, Tools, forge_of, packed_of
from obrelease.remote.forge import Forge, NewRelease, Release


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
            require_same(forge, found, packed, "is public already, with other contents", sent=False)
            return replace(staging, uploaded="already published", url=found.url)
        draft = found or forge.create_draft(_new(plan, staging))
        _fill(forge, tools, draft, packed)
        filled = _again(forge, plan.tag)
        require_same(forge, filled, packed, "has a draft that holds something else", sent=True)
        if filled.prerelease != plan.prerelease:
            raise Conflict(f"the draft of {plan.tag} has prerelease={filled.prerelease}", hint=LOOK)
        published = forge.publish(filled)
        _require_public(forge, published, packed)
        return replace(staging, uploaded="published", url=published.url)


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
        raise Conflict(f"the draft of {draft.tag} holds other files: {', '.join(foreign)}", hint=LOOK)
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
    require_same(forge, seen, packed, "was published with other contents", sent=True)
