"""Releases as text: what was published, what was undone, and what was verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.console.output import counted, table

if TYPE_CHECKING:
    from obrelease.api import AbortResult, PublishResult, VerifyResult


def release_text(first: str, result: PublishResult) -> str:
    """A release that was made or would be; `first` begins its first line."""
    plan = result.plan
    steps = [(step.name, step.state, step.reason) for step in plan.steps]
    assets = [(asset.name, str(asset.size), asset.sha256) for asset in plan.assets]
    acts = [(act.verb, act.target, act.request) for act in plan.acts if plan.dry_run]
    parts = [
        f"{first}: {counted(len(plan.runs), 'run')} at commit {plan.commit}",
        table(steps, ("step", "state", "")),
        table(assets, ("asset", "bytes", "sha256")),
        table(acts, ("act", "on", "by")),
        result.url,
    ]
    return "\n\n".join(part for part in parts if part)


def abort_text(result: AbortResult) -> str:
    """What was removed, and what was kept and why."""
    return "\n".join(
        [*(f"removed {item}" for item in result.removed), *(f"kept {item}" for item in result.kept)]
    )


def verification_text(result: VerifyResult) -> str:
    """A release that passed: every layer, and what could not be checked."""
    manifest, layers = result.manifest, result.layers
    width = max(len(layer.name) for layer in layers)
    lines = [f"{'ok' if x.checked else '--'}  {x.name:{width}}  {x.detail}" for x in layers]
    runs = f"{counted(len(manifest.runs), 'run')} at commit {manifest.commit}"
    unchecked = [layer.name for layer in layers if not layer.checked]
    limits = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return "\n".join([*lines, f"{manifest.project} {manifest.tag} holds: {runs}{limits}"])
