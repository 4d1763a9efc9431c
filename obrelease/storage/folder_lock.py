"""A lock on a folder, for steps that only one process may take at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from obrelease.storage.system_errors import storage_errors


@contextmanager
def exclusive_folder(folder: Path) -> Iterator[None]:
    """Hold a folder alone; waits for other processes. It makes no file, and ends with the process.

    Raises:
        StorageError: the folder cannot be opened or locked.
    """
    with storage_errors(folder, "cannot be locked"):
        descriptor = os.open(
            folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
        )
    try:
        with storage_errors(folder, "cannot be locked"):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
