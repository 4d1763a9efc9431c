"""Removes a folder of any depth: `shutil.rmtree` recurses, and a hostile tree is deeper than the stack."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path


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


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as found:
        return [Path(item.path) for item in found if item.is_dir(follow_symlinks=False)]
