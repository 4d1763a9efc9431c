"""Removes a folder of any depth: `shutil.rmtree` recurses, and a hostile tree is deeper than the stack."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

_MANY_FOLDERS: Final = 50
_THREADS: Final = 16
_LEVELS: Final = 8
"""How deep many folders are looked for: runs are below the scratch folder, `results`, kind and scenario."""


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it; symbolic links are removed, not followed.

    Raises:
        OSError: something cannot be removed, or the folder itself is a symbolic link.
    """
    try:
        shutil.rmtree(folder)
    except RecursionError:
        _flatten(folder)
        shutil.rmtree(folder)


def _flatten(folder: Path) -> None:
    """Move every folder of a tree directly into it, so that no path grows with the depth of the tree."""
    pending = _folders(folder)
    while pending:
        for inner in _folders(pending.pop()):
            pending.append(inner.rename(folder / secrets.token_hex(8)))


def try_to_remove_tree(folder: Path) -> None:
    """As `remove_tree`; what cannot be removed is left, and a folder that is missing is no error."""
    with suppress(OSError):
        remove_tree(folder)


def try_to_remove_own_tree(folder: Path) -> None:
    """As `try_to_remove_tree`, of a folder that only this user can write: many subfolders in threads.

    Some kernels wait for milliseconds at each folder that is removed.
    """
    level = [] if folder.is_symlink() else [folder]
    with suppress(OSError, RecursionError):
        for _ in range(_LEVELS):
            level = [inner for outer in level for inner in _folders(outer)]
            if len(level) >= _MANY_FOLDERS:
                _remove_in_threads(level)
                break
    try_to_remove_tree(folder)


def _remove_in_threads(folders: list[Path]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(shutil.rmtree, folders))


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as found:
        return [Path(item.path) for item in found if item.is_dir(follow_symlinks=False)]
