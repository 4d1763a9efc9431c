"""Removes a folder of any depth: `shutil.rmtree` recurses, and a hostile tree is deeper than the stack."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it; symbolic links are removed, not followed.

    Folders two levels down are moved up, so that no path grows with the depth of the tree.

    Raises:
        OSError: something cannot be removed.
    """
    while children := _entries(folder):
        for child in children:
            if not child.is_dir(follow_symlinks=False):
                Path(child.path).unlink()
                continue
            for inner in _entries(child.path):
                if inner.is_dir(follow_symlinks=False):
                    Path(inner.path).rename(folder / secrets.token_hex(8))
                else:
                    Path(inner.path).unlink()
            Path(child.path).rmdir()
    folder.rmdir()


def try_to_remove_tree(folder: Path) -> None:
    """As `remove_tree`; what cannot be removed is left, and a folder that is missing is no error."""
    with suppress(OSError):
        remove_tree(folder)


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)
