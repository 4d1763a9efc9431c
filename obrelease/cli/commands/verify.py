"""`obrelease verify`: from a release back to trust, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.completion import tags
from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.options import ForgeOption
from obrelease.cli.console.output import counted

if TYPE_CHECKING:
    from obrelease.release.verify.verify_release import VerifyResult

ReleaseArgument = Annotated[
    str,
    typer.Argument(
        metavar="TAG|PATH|URL",
        help="A tag, a folder of a release's files (./NAME for one in this folder), or an address.",
        autocompletion=tags,
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Demand what this TOML file says, and whose signatures."),
]


@command("verify")
def verify(
    session: Session, release: ReleaseArgument, forge: ForgeOption = None, policy: PolicyOption = None
) -> None:
    """Check every layer of a release.

    Files, notes, runs, tag, forge, signatures. Any failure ends with an exit code.
    """
    from obrelease.release.verify.verify_release import verify_release

    settings = session.settings(forge=forge)
    result = verify_release(
        release,
        project=settings.project,
        root=settings.root,
        open_forge=lambda: forge_of(settings),
        policy=policy,
        progress=session.out.progress,
    )
    session.out.result(_report(result), lambda: _text(result))


def _report(result: VerifyResult) -> dict[str, Any]:
    manifest = result.manifest
    return {
        "ok": True,
        "project": manifest.project,
        "tag": manifest.tag,
        "commit": manifest.commit,
        "manifest_sha256": result.manifest_sha256,
        "runs": [run.digest for run in manifest.runs],
        "layers": [{"name": x.name, "checked": x.checked, "detail": x.detail} for x in result.layers],
    }


def _text(result: VerifyResult) -> str:
    manifest, layers = result.manifest, result.layers
    width = max(len(layer.name) for layer in layers)
    lines = [f"{'ok' if x.checked else '--'}  {x.name:{width}}  {x.detail}" for x in layers]
    runs = f"{counted(len(manifest.runs), 'run')} at commit {manifest.commit}"
    unchecked = [layer.name for layer in layers if not layer.checked]
    limits = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return "\n".join([*lines, f"{manifest.project} {manifest.tag} holds: {runs}{limits}"])
