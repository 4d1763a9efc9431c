"""Adds the assets of a release to a page that another tool made: its title, its files and its words stay."""

from __future__ import annotations

from dataclasses import replace

from obrelease.errors import Conflict, NotFound
from obrelease.models.plan import Plan
from obrelease.release.page_text import compose_page, page_coverage
from obrelease.release.publish.compare_assets import require_same_assets
from obrelease.release.publish.staged_release import PackedRelease, StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.remote.forge.limits import require_within_limits
from obrelease.remote.forge.protocol import Asset, Forge, Release


def find_joinable(plan: Plan, context: PublishContext, staged: StagedRelease) -> Release:
    """The release of the tag that another tool made, after everything that can stop joining it was checked.

    Raises:
        NotFound: there is none.
        Conflict: it is immutable and lacks an asset, or has an asset of one of our names with other bytes.
        InvalidInput: with ours it would have more assets than the forge accepts.
    """
    forge, packed = context.require_forge(), staged.require_packed()
    found = forge.find(plan.tag)
    if found is None:
        raise NotFound(
            f"{forge.name} has no release or draft of {plan.tag} to join",
            hint="let the other tool make it first; without --join this command makes its own",
        )
    own = _own_assets(found, packed)
    ours = {asset.facts.name: asset.facts for asset in packed.assets}
    different = [
        asset.name
        for asset in own
        if asset.complete
        and (asset.size, asset.sha256 or ours[asset.name].sha256)
        != (ours[asset.name].size, ours[asset.name].sha256)
    ]
    if different:
        raise Conflict(
            f"the release of {plan.tag} has other files of the names {', '.join(different)}",
            hint="let the other tool name its files otherwise; a file of another tool is never replaced",
        )
    if found.immutable and len(own) < len(packed.assets):
        raise Conflict(
            f"the release of {plan.tag} is public and immutable: nothing can be added",
            hint="join it while it is a draft, and publish it afterwards",
        )
    if forge.limits is not None:
        foreign = len(found.assets) - len(own)
        sizes = {asset.facts.name: asset.facts.size for asset in packed.assets}
        require_within_limits(forge.limits, sizes, foreign)
    return found


def join_release(plan: Plan, context: PublishContext, staged: StagedRelease) -> Release:
    """Upload what is missing, and add our part to the page. The release stays the draft that it may be.

    Raises:
        Conflict, NotFound, InvalidInput: as `find_joinable`.
        IntegrityError: the forge returned other bytes than it was sent.
    """
    forge, packed = context.require_forge(), staged.require_packed()
    found = find_joinable(plan, context, staged)
    with context.reporter.progress("uploading", sum(asset.facts.size for asset in packed.assets)) as advance:
        for asset in packed.assets:
            forge.upload(found, asset.facts.name, asset.file, asset.facts.sha256, advance, joins=True)
            context.act_done("upload", asset.facts.name)
    current = _current(forge, plan.tag)
    if page_coverage(current.notes, staged.notes, forge.limits) is None:
        page = compose_page(
            staged.notes,
            bundle=packed.manifest.bundle.name,
            limits=forge.limits,
            words=staged.words,
            against=staged.against,
            base=current.notes,
        )
        current = forge.set_page(current, page)
    context.act_done("set-page", plan.tag)
    complete = replace(current, assets=_own_assets(current, packed))
    require_same_assets(forge, complete, packed, "has other contents", sent=True)
    return current


def _own_assets(release: Release, packed: PackedRelease) -> tuple[Asset, ...]:
    names = {asset.facts.name for asset in packed.assets}
    return tuple(asset for asset in release.assets if asset.name in names)


def _current(forge: Forge, tag: str) -> Release:
    found = forge.find(tag)
    if found is None:
        raise NotFound(f"the release of {tag} is gone from {forge.name}", hint="run the same command again")
    return found
