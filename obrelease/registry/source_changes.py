"""Uncommitted changes of the sources: the one rule of everything that names or releases a commit.

What git reports is a change, apart from the folders that this program writes, and from files whose bytes a
run keeps as its original: results of another tool that were imported, and stay in the work tree.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.registry.recorded_originals import runs_of_originals
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.hashing import digest_file

_MAX_HASHED_FILES: Final = 200
"""With more changes than this, none is looked up among the imported files."""


def source_changes(
    repo: GitRepository, store: Registry, outputs: Sequence[str], importing: Collection[str] = ()
) -> tuple[str, ...]:
    """Paths of the changes, relative to the root of the repository, sorted.

    Args:
        store: has the runs of the files that were imported.
        outputs: folders that this program writes, relative to the root, with `/`.
        importing: files that are imported right now, as `outputs`.

    Raises:
        RemoteError: git failed.
        StorageError: the results folder cannot be listed.
    """
    changes = tuple(path for path in repo.changes(outputs) if path not in importing)
    return without_imported(repo.root, changes, store)


def without_imported(root: Path, changes: Sequence[str], store: Registry) -> tuple[str, ...]:
    """The changes without files that were imported before; `changes` are paths below `root`."""
    if not 0 < len(changes) <= _MAX_HASHED_FILES:
        return tuple(changes)
    digests: dict[str, str] = {}
    for path in changes:
        with suppress(ObreleaseError):  # deleted, a link, or not readable: a change
            digests[path] = digest_file(root / path)[0]
    known = runs_of_originals(store, digests.values())
    return tuple(path for path in changes if digests.get(path) not in known)
