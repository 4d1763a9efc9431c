"""The runs of a release that was made before: from the forge, from a folder of its files, or from git."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from obrelease.errors import IntegrityError, InvalidInput, NotFound, StorageError, UsageError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.models.tag import Tag
from obrelease.registry.inspect import INTEGRITY_RULES, inspect_folder
from obrelease.release.step import Progress
from obrelease.release.verify import verify_folder
from obrelease.release.witness import fetch
from obrelease.remote.checkout import check_out
from obrelease.remote.forge import Forge
from obrelease.remote.worktree import Worktree

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 256 * 2**20
"""How much is fetched for a comparison; a larger release is read from its local tag."""

_PLACE_PARTS: Final = 3

T = TypeVar("T")
Read = Callable[[Artefact, str, Path], T]
"""Makes of an artefact, its digest and the folder of its files what outlives the folder."""


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


def runs_of_release(tag: Tag, shelf: Shelf, read: Read[T]) -> list[T]:
    """The runs of a public release, verified, or else those that are committed at its local tag.

    Raises:
        NotFound: neither is there, or the release is another project's.
        IntegrityError, InvalidInput: what is there is not sound.
        RemoteError: the forge or git failed.
    """
    found = shelf.forge.find(tag.text) if shelf.forge else None
    if (
        shelf.forge is None
        or found is None
        or found.draft
        or sum(asset.size for asset in found.assets) > MOST_BYTES
    ):
        return _from_tag(tag, shelf, read)
    with _scratch() as folder:
        files = folder / "files"
        files.mkdir()
        fetch(shelf.forge, tag.text, files, shelf.progress)
        return _from_files(files, shelf, read, tag=tag.text)


def runs_of_folder(folder: Path, shelf: Shelf, read: Read[T]) -> list[T]:
    """The runs of a release whose files lie in a folder; raises as `verify_folder`."""
    return _from_files(folder, shelf, read, tag=None)


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


def _from_files(files: Path, shelf: Shelf, read: Read[T], *, tag: str | None) -> list[T]:
    with _scratch() as scratch:
        verified = verify_folder(files, scratch, shelf.progress, tag=tag)
        manifest = verified.manifest
        if manifest.project != shelf.project:
            raise NotFound(f"the release {manifest.tag} is of {manifest.project}, not of {shelf.project}")
        return [_read(scratch / "unpacked" / run.path, run.digest, read) for run in manifest.runs]


def _from_tag(tag: Tag, shelf: Shelf, read: Read[T]) -> list[T]:
    """The runs that are committed at the tag, read from a check-out beside the work tree."""
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
    places = [
        parent
        for path in worktree.files_at(present.commit, below)
        if (parent := path.removesuffix(f"/{ENVELOPE_NAME}")) != path
        and len(Path(parent).relative_to(below).parts) == _PLACE_PARTS
    ]
    if not places:
        raise NotFound(f"{tag} is not on the forge, and no run is committed at it in {below}")
    with _scratch() as scratch:
        check_out(worktree, present.commit, scratch / "copy")
        return [_read(scratch / "copy" / place, None, read) for place in places]


def _read(folder: Path, digest: str | None, read: Read[T]) -> T:
    """One run, re-hashed; its folder's name begins its digest where nothing else says it."""
    found = inspect_folder(folder)
    if found.problems or found.artefact is None or found.digest is None:
        first = found.problems[0]
        kind = IntegrityError if first.rule in INTEGRITY_RULES else InvalidInput
        raise kind(f"{folder.name}: {first.rule}: {first.message}")
    if found.digest != digest and (digest is not None or not found.digest.startswith(folder.name)):
        raise IntegrityError(f"{folder.name}: its envelope has sha256 {found.digest}")
    return read(found.artefact, found.digest, folder)


@contextmanager
def _scratch() -> Iterator[Path]:
    try:
        made = tempfile.TemporaryDirectory(prefix="obrelease-", ignore_cleanup_errors=True)
    except OSError as error:
        raise StorageError(f"the temporary folder: {error.strerror or error}") from error
    with made as name:
        yield Path(name).resolve()
