"""Uncommitted changes of a work tree, as git itself sees them: with the user's own filters and line ends.

`git status` runs with the filters that the user's own configuration names. Those of a repository's
configuration never run. Files of Git LFS are compared with their pointers here, so that they count as
unchanged even if only the repository's configuration names the program.

Source: the pointer format of Git LFS, specification v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import ObreleaseError
from obrelease.storage.hashing import digest_file

if TYPE_CHECKING:
    from obrelease.remote.git.process import GitProcess

LFS_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]{1,200}\n){0,16}?"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,19})\n"
)
MAX_POINTER_BYTES: Final = 1024
_CHANGED_IN_WORK_TREE_ALONE: Final = " M"


def work_tree_changes(repo: GitProcess, ignoring: Sequence[str] = ()) -> tuple[str, ...]:
    """Paths that differ from HEAD, staged or not, and untracked files, sorted.

    Args:
        ignoring: files, and folders whose content is left out; relative to the root, with `/`.

    Raises:
        RemoteError: git failed.
    """
    listing = repo.run(
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--no-renames",
        env=repo.filter_settings(),
    )
    folders = tuple(folder.strip("/") + "/" for folder in ignoring if folder.strip("/"))
    entries = {entry[3:]: entry[:2] for entry in listing.split("\0") if entry}
    files = {folder.strip("/") for folder in ignoring}
    found = {
        path: state for path, state in entries.items() if path not in files and not path.startswith(folders)
    }
    rewritten = [path for path, state in found.items() if state == _CHANGED_IN_WORK_TREE_ALONE]
    return tuple(sorted(found.keys() - set(_unchanged_lfs_files(repo, rewritten))))


def _unchanged_lfs_files(repo: GitProcess, paths: Sequence[str]) -> Iterator[str]:
    """Those files whose content is the one that their committed pointer names."""
    wanted = set(paths)
    listing = repo.run("ls-files", "-s", "-z", "--full-name", "--", ":/") if wanted else ""
    entries = (entry.partition("\t") for entry in listing.split("\0"))
    objects = {path: facts.split()[1] for facts, _, path in entries if path in wanted}
    blobs = repo.small_blobs(list(objects.values()), MAX_POINTER_BYTES)
    for path, object_id in objects.items():
        pointer = LFS_POINTER.match(blobs.get(object_id, b""))
        if pointer and _is_content_of(repo.root / path, pointer[1].decode(), int(pointer[2])):
            yield path


def _is_content_of(path: Path, sha256: str, size: int) -> bool:
    try:
        return path.lstat().st_size == size and digest_file(path) == (sha256, size)
    except (OSError, ObreleaseError):
        return False
