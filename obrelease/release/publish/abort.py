"""Aborts an unfinished release: removes its draft and its unpushed tag, and nothing public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from obrelease.bundle.asset_names import MANIFEST_NAME
from obrelease.errors import Conflict
from obrelease.models.plan import Plan
from obrelease.release.publish.journal import Journal
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.tag_object import TagInfo


@dataclass(frozen=True, slots=True)
class AbortResult:
    """What was removed, and what was kept and why."""

    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def to_json(self, tag: str) -> dict[str, Any]:
        """The document that `obrelease publish --abort --json` prints."""
        return {"tag": tag, "removed": list(self.removed), "kept": list(self.kept)}


def abort(tag: str, context: PublishContext, journal: Journal) -> AbortResult:
    """Undo what the journal of `tag` recorded; the journal is removed last. Idempotent.

    Raises:
        Conflict: the release is public, or was started on another forge.
        RemoteError: the forge or a git remote did not answer; its draft or tag stays.
    """
    plan = journal.load()
    if plan is None:
        return AbortResult(kept=("no release was started here",))
    removed, kept = _remove_draft(plan, context)
    present = context.repo.local_tag(tag)
    if present is not None:
        reason = _reason_to_keep(plan, present, context)
        if reason is None:
            context.repo.delete_tag(tag)
            removed = (*removed, f"the tag {tag}")
        else:
            kept = (*kept, f"the tag {tag}: {reason}")
    journal.remove()
    return AbortResult(removed, kept)


def _remove_draft(plan: Plan, context: PublishContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    forge = context.forge
    if plan.forge is None or forge is None:
        return (), ()
    if forge.name != plan.forge:
        raise Conflict(
            f"{plan.tag} was started on the forge {plan.forge}, not on {forge.name}",
            hint=f"use --forge {plan.forge}",
        )
    if _is_public(forge, plan.tag):
        raise Conflict(
            f"{plan.tag} is public on {forge.name}: nothing was removed",
            hint="a public release is never removed; publish a new release instead",
        )
    own = forge.find_claimed(plan.tag, plan.claim) if plan.claim else None
    if own is not None:
        forge.delete_draft(own)
    other = forge.find(plan.tag)
    kept = () if other is None else (f"a draft of another attempt: {other.url}",)
    return (() if own is None else (f"the draft {own.url}",)), kept


def _is_public(forge: Forge, tag: str) -> bool:
    """False also if there are several drafts: one of them may be ours."""
    try:
        found = forge.find(tag)
    except Conflict:
        return False
    return found is not None and not found.draft


def _reason_to_keep(plan: Plan, present: TagInfo, context: PublishContext) -> str | None:
    if plan.tag_found:
        return "it existed before this release was started"
    manifest = next((asset.sha256 for asset in plan.assets if asset.name == MANIFEST_NAME), None)
    if present.commit != plan.commit or digests_in(present.message).get("manifest", "") != manifest:
        return "this release did not make it"
    for remote in [plan.remote] if plan.remote else context.repo.remotes():
        if context.repo.remote_tag(remote, plan.tag) is not None:
            return f"it was pushed to {remote}"
    return None
