"""Paths in the results folder: names of runs' folders and of the registry's own files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

INDEX_NAME: Final = ".index.sqlite"
STAGING_NAME: Final = ".staging"
PINS_NAME: Final = ".pins"
SWEEPS_NAME: Final = ".sweeps"
"""Plans of sweeps, and what became of their cells, see `measurement.sweeps`."""

IGNORE_NAME: Final = ".gitignore"
IGNORED_BY_GIT: Final = f"""\
# The runs are committed; the index and unfinished work are not.
/{INDEX_NAME}*
/{STAGING_NAME}/
"""
"""The content of `.gitignore` in a results folder that `init` prepares."""
IGNORED_WITHOUT_INIT: Final = f"""\
# Written with the index, which is not committed. `obrelease init` writes one to commit.
/{IGNORE_NAME}
/{INDEX_NAME}*
/{STAGING_NAME}/
"""
"""The same for a results folder without one; it hides itself, so that nothing new is there to commit."""

PREFIX_LENGTHS: Final = (12, 16, 24, 32, 48, 64)
"""How many digits of the digest name the folder: 12, or more if another run has the same 12."""

_SCENARIO_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_RUN_FOLDER_NAME: Final = re.compile(r"[0-9a-f]{12,64}")


def run_location(kind: str, scenario: str, digest: str, length: int = PREFIX_LENGTHS[0]) -> str:
    """The path of a run's folder, relative to the results folder, with `/`."""
    return f"{kind}/{scenario}/{digest[:length]}"


def is_location_of(location: str, kind: str, scenario: str, digest: str) -> bool:
    """Whether a registry may have this run at this path below the results folder."""
    return location in {run_location(kind, scenario, digest, length) for length in PREFIX_LENGTHS}


def is_run_folder_name(name: str) -> bool:
    """Whether a folder's name is a digest prefix that is long enough for a run's folder."""
    return _RUN_FOLDER_NAME.fullmatch(name) is not None


def is_run_location(parts: Sequence[str]) -> bool:
    """Whether these are kind, scenario and folder name of a run, none of which leads elsewhere."""
    return len(parts) == 3 and is_run_folder_name(parts[2]) and all(map(_SCENARIO_NAME.fullmatch, parts[:2]))


def subfolders(folder: Path) -> list[str]:
    """Names of the folders in `folder`, sorted, without hidden ones and symbolic links."""
    try:
        with os.scandir(folder) as found:
            return sorted(
                item.name
                for item in found
                if item.is_dir(follow_symlinks=False) and not item.name.startswith(".")
            )
    except FileNotFoundError:
        return []


def linked_folders(root: Path) -> list[str]:
    """Kinds and scenarios of a results folder that are symbolic links to folders, sorted; they are not read.

    Raises:
        OSError: a folder cannot be listed.
    """
    return [name for name in unread_folders(root) if (root / name).is_symlink()]


def unread_folders(root: Path) -> list[str]:
    """Kinds and scenarios that are not read, sorted: links to folders, and names that are not UTF-8.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: list[str] = []
    for kind in _visible(root):
        if _is_unread(kind):
            found.append(kind.name)
        elif kind.is_dir(follow_symlinks=False):
            found += [f"{kind.name}/{item.name}" for item in _visible(root / kind.name) if _is_unread(item)]
    return sorted(found)


def has_text_name(item: os.DirEntry[str]) -> bool:
    """Whether a name on the disk is UTF-8; Python reads other bytes as lone surrogates."""
    try:
        item.name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _visible(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [item for item in found if not item.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_unread(item: os.DirEntry[str]) -> bool:
    return item.is_dir() and (item.is_symlink() or not has_text_name(item))
