"""Paths that a settings file may name: those below the project's root, so that writes stay there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from obrelease.api.project import RESULTS
from obrelease.errors import UsageError

SCHEMAS: Final = "schemas"
"""The default schemas folder, below the root."""

_OWN_GIT_FOLDER: Final = Path(".git", "obrelease")
_DEFAULTS: Final = {"results": RESULTS, "schemas": SCHEMAS, "releases": str(_OWN_GIT_FOLDER / "releases")}


def is_in_tree(root: Path, folder: str, *, key: str = "results") -> bool:
    """Whether a path, with its symbolic links followed, is below `root`, and in no git folder.

    Releases may be in our own folder of `.git`, which is their default.

    Args:
        root: the project's root, resolved.
        key: the setting that names the folder.
    """
    try:
        below = (root / folder).resolve().relative_to(root)
    except (OSError, ValueError, RuntimeError):
        return False
    if key == "releases" and below.is_relative_to(_OWN_GIT_FOLDER):
        return True
    return below.parts != () and ".git" not in {part.lower() for part in below.parts}


def _is_own(root: Path, default: str) -> bool:
    """Whether a default folder is in the tree itself: a linked work tree has its git folder elsewhere."""
    top = root / Path(default).parts[0]
    return top.is_dir() and not (top.name == ".git" and top.is_symlink())


def require_paths_in_tree(root: Path, values: Mapping[str, str | None]) -> None:
    """Refuse folders that lead out of the tree, by an absolute path, `..` or a symbolic link.

    Args:
        root: the project's root, resolved.
        values: the settings that neither a flag nor the environment gave.

    Raises:
        UsageError: names the setting, and how the user can allow the folder.
    """
    for key, default in _DEFAULTS.items():
        folder = values.get(key) or default
        if key not in values or is_in_tree(root, folder, key=key):
            continue
        if values.get(key) or _is_own(root, folder):
            raise UsageError(
                f"{root}: `{key}` leads to {str(root / folder)!a}, which is not below the project's root, "
                "or is in a git folder",
                hint=f"if you want that folder, name it in OBRELEASE_{key.upper()}",
            )
