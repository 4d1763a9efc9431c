"""Where a work tree and its git folders are. Layout: gitrepository-layout(5)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, NotFound
from obrelease.storage.files import read_bounded

MAX_POINTER_BYTES: Final = 8192
"""The largest HEAD, `.git` file or `commondir` that is read."""


@dataclass(frozen=True, slots=True)
class GitFolders:
    """Where a work tree and its repository are.

    Attributes:
        root: the work tree.
        private: the git folder of this work tree alone: HEAD and index.
        common: the git folder that all work trees of the repository share; equal to `private` for the first.
    """

    root: Path
    private: Path
    common: Path


def find_git_folders(path: Path) -> GitFolders:
    """The work tree that `path` is in, and its git folders.

    Raises:
        NotFound: no folder at or above `path` has a `.git`.
        InvalidInput: a `.git` file or a `commondir` does not name a folder.
    """
    start = path.resolve()
    for root in (start, *start.parents):
        link = root / ".git"
        if link.is_dir() and (link / "HEAD").exists():
            return GitFolders(root, link.resolve(), link.resolve())
        if link.is_file():
            private = _pointed(link, "gitdir: ")
            common = _pointed(private / "commondir", "") if (private / "commondir").exists() else private
            return GitFolders(root, private, common)
    raise NotFound(
        f"{path}: is not inside a git work tree", hint="run it in a repository, or run `git init` first"
    )


def _pointed(file: Path, prefix: str) -> Path:
    """The folder that a file of one line names."""
    text = os.fsdecode(read_bounded(file, MAX_POINTER_BYTES)).rstrip("\n")
    folder = file.parent / text.removeprefix(prefix)
    if not text.startswith(prefix) or "\0" in text or not folder.is_dir():
        raise InvalidInput(f"{file}: does not name a git folder", hint="`git worktree repair` may help")
    return folder.resolve()
