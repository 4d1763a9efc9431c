"""The runs of a release that was made: from the forge, from a folder of its files, or from git.

They come as a registry of their own, in a scratch folder that lives as long as the block.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.errors import IntegrityError, NotFound, UsageError
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.version_tag import Tag
from obrelease.registry.store import Registry
from obrelease.release.verify.release_files import verify_folder
from obrelease.release.verify.tag_and_forge import fetch
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.git.checkout import check_out
from obrelease.remote.git.repository import Worktree
from obrelease.storage.progress import Progress
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 256 * 2**20
"""How much is fetched for a comparison; a larger release is read from its local tag."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where releases of a project may be found.

    Attributes:
        project: whose releases count.
        worktree: the repository that has the tags, or None outside of one.
        results: the registry of the work tree; at a tag, the committed folder of the same place.
        forge: asked first; None where there is none.
        progress: how long work is shown.
    """

    project: str
    worktree: Worktree | None
    results: Path
    forge: Forge | None
    progress: Progress


@contextmanager
def runs_of_release(tag: Tag, shelf: Shelf) -> Iterator[Registry]:
    """The runs of a public release, verified, or else those that are committed at its local tag.

    Raises:
        NotFound: neither is there, or the release is another project's.
        IntegrityError, InvalidInput: what is there is not sound.
        RemoteError: the forge or git failed.
    """
    found = shelf.forge.find(tag.text) if shelf.forge else None
    with temporary_folder() as scratch:
        if (
            shelf.forge is None
            or found is None
            or found.draft
            or sum(asset.size for asset in found.assets) > MOST_BYTES
        ):
            yield _from_tag(tag, shelf, scratch)
            return
        files = scratch / "files"
        files.mkdir()
        fetch(shelf.forge, tag.text, files, shelf.progress)
        yield _from_files(files, shelf, scratch, tag.text)


@contextmanager
def runs_of_folder(folder: Path, shelf: Shelf) -> Iterator[Registry]:
    """The runs of a release whose files lie in a folder; raises as `verify_folder`."""
    with temporary_folder() as scratch:
        yield _from_files(folder, shelf, scratch, None)


def former_tag(tag: Tag, worktree: Worktree) -> Tag | None:
    """The nearest tag in the history before this one that is one of a release, or None.

    Tags of other kinds are passed over; a tag that is not made yet is thought to stand at HEAD.
    """
    start = tag.text if worktree.local_tag(tag.text) else None
    others: list[str] = []
    while (name := worktree.previous_tag(start, besides=others)) is not None:
        try:
            return Tag.parse(name)
        except UsageError:
            others.append(name)
    return None


def _from_files(files: Path, shelf: Shelf, scratch: Path, tag: str | None) -> Registry:
    manifest = verify_folder(files, scratch, shelf.progress, tag=tag).manifest
    if manifest.project != shelf.project:
        raise NotFound(f"the release {manifest.tag} is of {manifest.project}, not of {shelf.project}")
    return Registry(scratch / "unpacked" / RESULTS_FOLDER)


def _from_tag(tag: Tag, shelf: Shelf, scratch: Path) -> Registry:
    """The results folder as it is committed at the tag, checked out beside the work tree."""
    worktree = shelf.worktree
    present = worktree.local_tag(tag.text) if worktree else None
    if worktree is None or present is None:
        raise NotFound(
            f"there is no release {tag}, neither on the forge nor as a tag of this repository",
            hint="`git fetch --tags` fetches tags, --forge names the forge",
        )
    root, results = worktree.root.resolve(), shelf.results.resolve()
    if not results.is_relative_to(root) or results == root:
        raise NotFound(f"{tag} is not on the forge, and the results do not lie in the repository")
    below = results.relative_to(root).as_posix()
    committed = worktree.files_at(present.commit, below)
    if not any(path.endswith(f"/{ENVELOPE_NAME}") for path in committed):
        raise NotFound(f"{tag} is not on the forge, and no run is committed at it in {below}")
    copy = scratch / "copy"
    with storage_errors(copy, "the release cannot be read"):
        check_out(worktree, present.commit, copy)
        for item in (copy / below).iterdir():
            if item.name.startswith(".") and (item.is_symlink() or not item.is_dir()):
                item.unlink()
    registry = Registry(copy / below)
    if damaged := registry.unreadable():
        raise IntegrityError(
            f"{tag}: {damaged[0].relative_to(copy)} is committed at it, and is not the run that its name says"
        )
    return registry
