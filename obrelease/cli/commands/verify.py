"""`obrelease verify`: from a release back to trust, layer by layer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.completion import tags
from obrelease.cli.console.open_forge import forge_of
from obrelease.cli.console.options import ForgeOption
from obrelease.cli.console.output import counted
from obrelease.cli.console.settings import Settings
from obrelease.errors import NotFound
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.release.verify.release_files import Layer, Verified
    from obrelease.remote.git.repository import Worktree

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

    from obrelease.release.verify.github_attestation import attestation_layer
    from obrelease.release.verify.policy_enforcement import enforce, load
    from obrelease.release.verify.signatures import provenance_layer, sums_signature_layer
    from obrelease.release.verify.tag_and_forge import tag_layers

    settings = session.settings(forge=forge)
    with temporary_folder(for_libraries=True) as scratch:
        demands, trust = load(policy, scratch) if policy else (None, None)
        verified, layers = _files(session, settings, release, scratch)
        worktree = _worktree_at_hand(settings)
        demanded = _is_tag(release) and demands is None
        layers = (
            *layers,
            *tag_layers(verified, settings.project, worktree, trust, demanded=demanded),
            sums_signature_layer(verified, trust),
            provenance_layer(verified, trust),
            attestation_layer(verified, demands),
        )
        if demands is not None:
            enforce(demands, verified, layers)
    session.out.result(_report(verified, layers), lambda: _text(verified, layers))


def _files(
    session: Session, settings: Settings, release: str, scratch: Path
) -> tuple[Verified, tuple[Layer, ...]]:
    """The release's files, fetched where they are elsewhere, and the layers that they carry themselves."""
    from obrelease.models.version_tag import Tag
    from obrelease.release.verify.download_url import Address, fetch_address, looks_like_address
    from obrelease.release.verify.release_files import verify_folder
    from obrelease.release.verify.tag_and_forge import fetch, forge_layer

    progress, fetched = session.out.progress, scratch / "assets"
    if looks_like_address(release):
        address = Address.parse(release)
        fetched.mkdir()
        unseen = fetch_address(address, fetched, progress)
        verified = verify_folder(fetched, scratch, progress, tag=address.tag, called=address.base)
        return verified, (*verified.layers, unseen)
    if not _is_tag(release):
        verified = verify_folder(Path(release), scratch, progress)
        return verified, verified.layers
    wanted, place = Tag.parse(release), forge_of(settings)
    fetched.mkdir()
    found = fetch(place, wanted.text, fetched, progress)
    verified = verify_folder(
        fetched, scratch, progress, tag=wanted.text, called=f"{place.name} {wanted.text}"
    )
    return verified, (*verified.layers, forge_layer(verified, found, place))


def _is_tag(release: str) -> bool:
    """Whether the user means a tag, whose release the forge has, and not an address or a folder."""
    return "://" not in release and os.sep not in release and release not in {".", ".."}


def _worktree_at_hand(settings: Settings) -> Worktree | None:
    from obrelease.remote.git.repository import Worktree

    try:
        return Worktree.open(settings.root)
    except NotFound:
        return None


def _report(verified: Verified, layers: Sequence[Layer]) -> dict[str, Any]:
    manifest = verified.manifest
    return {
        "ok": True,
        "project": manifest.project,
        "tag": manifest.tag,
        "commit": manifest.commit,
        "manifest_sha256": verified.manifest_sha256,
        "runs": [run.digest for run in manifest.runs],
        "layers": [{"name": x.name, "checked": x.checked, "detail": x.detail} for x in layers],
    }


def _text(verified: Verified, layers: Sequence[Layer]) -> str:
    manifest = verified.manifest
    width = max(len(layer.name) for layer in layers)
    lines = [f"{'ok' if x.checked else '--'}  {x.name:{width}}  {x.detail}" for x in layers]
    runs = f"{counted(len(manifest.runs), 'run')} at commit {manifest.commit}"
    unchecked = [layer.name for layer in layers if not layer.checked]
    limits = f"; not checked: {', '.join(unchecked)}" if unchecked else ""
    return "\n".join([*lines, f"{manifest.project} {manifest.tag} holds: {runs}{limits}"])
