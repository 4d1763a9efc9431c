"""Finds pipes, sockets and devices in the places that git reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.remote.git.folders import GitFolders

_READ_IN_WORK_TREE: Final = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".mailmap", ".git"})
_MAX_ITEMS: Final = 5_000_000
"""How many files are looked at; git itself needs longer than its deadline for more."""


def require_no_special_files(folders: GitFolders) -> None:
    """Refuse a pipe, a socket or a device that git would wait for.

    Looked at: every file of the git folders, and in the work tree files that git reads for its own use, in
    nested repositories as well.

    Raises:
        InvalidInput: names the first.
    """
    for place in _special_files(folders):
        raise InvalidInput(
            f"{place}: is a pipe, a socket or a device, and git would wait for it",
            hint="delete it; git makes nothing of this kind",
        )


def _special_files(folders: GitFolders) -> Iterator[Path]:
    places = dict.fromkeys((folders.private, folders.common))
    pending = [(str(folder), True) for folder in (*places, folders.root)]
    pending[-1] = (pending[-1][0], False)
    left = _MAX_ITEMS
    while pending and left > 0:
        folder, in_git_folder = pending.pop()
        for item in _items(folder):
            left -= 1
            read_by_git = in_git_folder or item.name in _READ_IN_WORK_TREE
            if item.is_dir(follow_symlinks=False):
                pending.append((item.path, read_by_git))
            elif read_by_git and _is_special(item):
                yield Path(item.path)


def _items(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _is_special(item: os.DirEntry[str]) -> bool:
    """Whether it, or what a link leads to, is neither a file nor a folder."""
    try:
        mode = item.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
