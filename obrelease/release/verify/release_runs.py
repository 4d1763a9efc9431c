"""The runs of a finished release: from the forge, from a folder of its files, or from its git tag.

They are returned as a registry in a scratch folder, which is removed at the end of the block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.errors import IntegrityError, NotFound, UsageError
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.version_tag import Tag
from obrelease.registry.store import Registry
from obrelease.release.verify.release_files import verify_folder
from obrelease.release.verify.tag_and_forge import download_release
from obrelease.remote.forge.protocol import Forge, Release
from obrelease.remote.git.export_files import export_files
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.limits import input_budget
from obrelease.storage.progress import Progress
from obrelease.storage.temporary import temporary_folder

MAX_RELEASE_BYTES: Final = 256 * 2**20
"""The largest release that is downloaded for a comparison; a larger one is read from its local tag."""


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """Where releases of a project are looked for.

    Attributes:
        project: releases of other projects are refused.
        repo: the repository that has the tags, or None outside of one.
        results: the registry of the work tree; at a tag, the committed folder of the same path is read.
        forge: asked first, unless it is None.
        progress: how long work is shown.
    """

    project: str
    repo: GitRepository | None
    results: Path
    forge: Forge | None
    progress: Progress


def release_named(text: str, is_tag: Callable[[str], bool] = lambda _: False) -> Tag | Path | None:
    """What `text` names: the tag of a release, the folder of one (with a `/`), or None if neither.

    Args:
        is_tag: whether a text with a prefix, such as `pkg/v1.0`, is a tag: it may also be a folder or the
            name of a run.
    """
    with suppress(UsageError):
        tag = Tag.parse(text)
        if not tag.prefix or is_tag(text):
            return tag
    return Path(text) if os.sep in text and "=" not in text else None


@contextmanager
def runs_of_release(release: Tag | Path, source: ReleaseSource) -> Iterator[Registry]:
    """The runs of a release, as a registry that lives as long as the block.

    A tag is looked for on the forge, where the release is verified, and else in the repository: then
    the runs are those that are committed at the tag. A folder is verified.

    Raises:
        NotFound: no such release, or it is of another project.
        IntegrityError, InvalidInput: its files are not valid.
        RemoteError: the forge or git failed.
    """
    with temporary_folder() as scratch, input_budget():
        if isinstance(release, Path):
            yield _from_files(release, source, scratch, None)
        elif (forge := source.forge) is not None and _is_downloadable(forge.find(release.text)):
            files = scratch / "files"
            files.mkdir()
            download_release(forge, release.text, files, source.progress)
            yield _from_files(files, source, scratch, release.text)
        else:
            yield _from_tag(release, source, scratch)


def _is_downloadable(found: Release | None) -> bool:
    if found is None or found.draft:
        return False
    return sum(asset.size for asset in found.assets) <= MAX_RELEASE_BYTES


def _from_files(files: Path, source: ReleaseSource, scratch: Path, tag: str | None) -> Registry:
    manifest = verify_folder(files, scratch, source.progress, tag=tag).manifest
    if manifest.project != source.project:
        raise NotFound(f"the release {manifest.tag} is of {manifest.project}, not of {source.project}")
    return Registry(scratch / "unpacked" / RESULTS_FOLDER)


def _from_tag(tag: Tag, source: ReleaseSource, scratch: Path) -> Registry:
    """The results folder as committed at the tag, checked out to the scratch folder."""
    repo = source.repo
    present = repo.local_tag(tag.text) if repo else None
    if repo is None or present is None:
        raise NotFound(
            f"there is no release {tag}, neither on the forge nor as a tag of this repository",
            hint="`git fetch --tags` fetches tags; --forge chooses the forge",
        )
    root, results = repo.root.resolve(), source.results.resolve()
    if not results.is_relative_to(root) or results == root:
        raise NotFound(f"{tag} is not on the forge, and the results folder is not in the repository")
    below = results.relative_to(root).as_posix()
    committed = repo.files_at(present.commit, below)
    if not any(path.endswith(f"/{ENVELOPE_NAME}") for path in committed):
        raise NotFound(f"{tag} is not on the forge, and no run is committed in {below} at that tag")
    copy = scratch / "copy"
    export_files(repo, present.commit, below, copy)
    registry = Registry(copy)
    for hidden in copy.glob(".*"):
        if hidden.is_file():
            hidden.unlink()
    if damaged := registry.unreadable():
        raise IntegrityError(
            f"{tag}: {below}/{damaged[0].relative_to(copy)} is committed at it, but is not the run that its "
            "name says"
        )
    return registry
