"""`obrelease verify`: from a release back to trust."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.command import Session, command
from obrelease.cli.forge import forge_of
from obrelease.cli.release import ForgeOption
from obrelease.cli.settings import Settings
from obrelease.errors import NotFound

if TYPE_CHECKING:
    from obrelease.remote.worktree import Worktree


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    command(app, "verify")(verify)


def verify(
    session: Session,
    release: Annotated[
        str,
        typer.Argument(
            metavar="TAG|PATH", help="A tag, or a folder of its files (./NAME for one in this folder)."
        ),
    ],
    forge: ForgeOption = None,
) -> None:
    """Check a release from its first byte to its last; any doubt ends with an exit code."""
    from obrelease.models.tag import Tag
    from obrelease.release.verify import verify_folder
    from obrelease.release.witness import fetch, forge_layer, tag_layer

    settings = session.settings(forge=forge)
    with tempfile.TemporaryDirectory(prefix="obrelease-") as name:
        scratch = Path(name)
        if os.sep in release or release in {".", ".."}:
            verified = verify_folder(Path(release), scratch, session.out.progress)
            layers = verified.layers
        else:
            wanted, place, files = Tag.parse(release), forge_of(settings), scratch / "assets"
            files.mkdir()
            found = fetch(place, wanted.text, files, session.out.progress)
            verified = verify_folder(files, scratch, session.out.progress, tag=wanted.text)
            layers = (*verified.layers, forge_layer(verified, found, place))
    manifest = verified.manifest
    layers = (*layers, tag_layer(verified, settings.project, _worktree_at_hand(settings)))
    data: dict[str, Any] = {
        "ok": True,
        "project": manifest.project,
        "tag": manifest.tag,
        "commit": manifest.commit,
        "manifest_sha256": verified.manifest_sha256,
        "runs": [run.digest for run in manifest.runs],
        "layers": [{"name": x.name, "checked": x.checked, "detail": x.detail} for x in layers],
    }
    lines = [f"{'ok' if x.checked else '--':2}  {x.name:8}  {x.detail}" for x in layers]
    summary = (
        f"{manifest.project} {manifest.tag} holds: {len(manifest.runs)} runs at commit {manifest.commit}"
    )
    session.out.result(data, "\n".join([*lines, summary]))


def _worktree_at_hand(settings: Settings) -> Worktree | None:
    from obrelease.remote.worktree import Worktree

    try:
        return Worktree.open(settings.root)
    except NotFound:
        return None
