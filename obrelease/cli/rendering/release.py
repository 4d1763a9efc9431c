"""Releases as text: what was published, what was undone, and what was verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.console.marks import marked
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import facts, table
from obrelease.cli.rendering.sizes import size_text

if TYPE_CHECKING:
    from obrelease.api import AbortResult, PublishResult, VerifyResult


def release_text(outcome: str, result: PublishResult, *, verbose: bool) -> str:
    """A release that was made or would be; `outcome` is the last line.

    Args:
        verbose: also every step and asset, which a dry run always shows.
    """
    plan = result.plan
    contents = f"{counted(len(plan.runs), 'run')}, {counted(len(plan.assets), 'asset')}"
    heading = f"{plan.project} {plan.tag}: {contents}, at commit {plan.commit}"
    if not (verbose or plan.dry_run):
        return f"{heading}\n{outcome}"
    steps = [(step.name, step.state, step.reason) for step in plan.steps]
    assets = [(asset.name, size_text(asset.size), asset.sha256) for asset in plan.assets]
    acts = [(act.verb, act.target, act.request) for act in plan.acts if plan.dry_run]
    parts = [
        heading,
        table(steps, ("step", "state", ""), text=""),
        table(assets, ("asset", "size", "sha256"), optional=("sha256",)),
        table(acts, ("act", "on", "by"), text="by"),
        outcome,
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
    states = [marked("ok") if layer.checked else marked("not checked", "--") for layer in layers]
    lines = facts(
        [(f"{state}  {layer.name}", layer.detail) for state, layer in zip(states, layers, strict=True)]
    )
    runs = f"{counted(len(manifest.runs), 'run')} at commit {manifest.commit}"
    unchecked = [layer.name for layer in layers if not layer.checked]
    limits = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return "\n".join([lines, f"{manifest.project} {manifest.tag} holds: {runs}{limits}"])
