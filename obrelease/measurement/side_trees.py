"""The two source trees of a comparison, each in a temporary folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from obrelease.registry.source_changes import without_imported
from obrelease.registry.store import Registry
from obrelease.remote.git.checkout import check_out
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder


@dataclass(frozen=True, slots=True)
class SideTree:
    """A source tree that is measured.

    Attributes:
        name: `base` or `head`. The folders are named so as well: paths of equal length, because the length of
            a path can change a measurement.
        folder: the top folder of the tree.
        commit: the commit that is checked out.
        dirty: whether uncommitted changes of the sources were applied.
    """

    name: Literal["base", "head"]
    folder: Path
    commit: str
    dirty: bool


@contextmanager
def side_trees(
    root: Path, ref: str, *, ignoring: Sequence[Path], store: Registry | None = None
) -> Iterator[tuple[SideTree, SideTree]]:
    """The commit `ref`, and HEAD with the uncommitted changes of the work tree, for as long as the block.

    The user's checkout is only read. The copies have git folders of their own, and no worktree is registered.
    They are removed at the end, or by the next command if this process is killed.

    Args:
        root: a folder of the repository.
        ref: a commit, tag or branch.
        ignoring: folders whose changes are left out, such as the results.
        store: has the runs of files that were imported: these are copied, and are no changes.

    Raises:
        UsageError, NotFound: no repository, or no such commit.
        RemoteError: git failed.
        StorageError: a tree cannot be written.
    """
    with temporary_folder(for_libraries=True) as scratch:
        with GitRepository.open(root) as repo, storage_errors(scratch):
            # Tools such as pytest-benchmark call their results by the name of the folder.
            base, head = (scratch.resolve() / side / (repo.root.name or side) for side in ("base", "head"))
            for folder in (base, head):
                folder.parent.mkdir()
            tops = [folder.resolve() for folder in ignoring]
            ignored = [top.relative_to(repo.root).as_posix() for top in tops if top.is_relative_to(repo.root)]
            base_commit = check_out(repo, ref, base)
            head_commit = check_out(repo, "HEAD", head)
            changes = repo.changes(ignored)
            for name in changes:
                _copy_change(repo.root / name, head, name)
            dirty = bool(changes if store is None else without_imported(repo.root, changes, store))
        yield (
            SideTree("base", base, base_commit, dirty=False),
            SideTree("head", head, head_commit, dirty=dirty),
        )


def _copy_change(source: Path, top: Path, name: str) -> None:
    """Apply one change to the copy at `top`; a link that the copy has in its place is removed first."""
    target = top / name
    for place in (target, *target.parents):
        if place == top:
            break
        if place.is_symlink() or (place.is_file() and source.is_dir()):
            place.unlink()
    if source.is_symlink() or source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    elif not source.exists():
        target.unlink(missing_ok=True)
