"""Where a run will be kept, looked at before time is spent on it."""

from __future__ import annotations

import os
from pathlib import Path

from obrelease.errors import StorageError


def require_writable(root: Path) -> None:
    """Fail before time is spent: the nearest folder that is there must take new entries.

    Raises:
        StorageError: it is no folder, or cannot be written to.
    """
    there = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise StorageError(f"{there}: is not a folder", hint="choose another folder with --results")
    if not os.access(there, os.W_OK | os.X_OK):
        raise StorageError(f"{there}: cannot be written to", hint="choose another folder with --results")
