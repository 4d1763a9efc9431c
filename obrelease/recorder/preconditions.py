"""Checks that fail before time is spent on a run: can its results and its log be written."""

from __future__ import annotations

import os
from pathlib import Path

from obrelease.errors import StorageError


def require_destinations(results: Path, log: Path | None) -> None:
    """Check that the results folder takes new entries and that the log is a new file.

    Raises:
        StorageError: names what is in the way.
    """
    _require_writable(results)
    if log is None:
        return
    if log.exists():
        raise StorageError(f"{log}: exists already", hint="a log never overwrites: choose another name")
    if not log.parent.is_dir():
        raise StorageError(f"{log.parent}: no such folder", hint="make it first, or choose another")


def _require_writable(root: Path) -> None:
    """The nearest existing folder must take new entries."""
    nearest = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise StorageError(f"{nearest}: is not a folder", hint="choose another results folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise StorageError(f"{nearest}: cannot be written to", hint="choose another results folder")
