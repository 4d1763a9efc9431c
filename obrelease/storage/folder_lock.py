"""A lock on a folder, for steps that only one process may take at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from obrelease.storage.file_lock import lock_file
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors


@contextmanager
def exclusive_folder(folder: Path) -> Iterator[None]:
    """Hold a folder alone; waits for other processes. It makes no file, and ends with the process.

    Raises:
        StorageError: the folder cannot be opened or locked.
        UsageError: Windows has no such locks.
    """
    if sys.platform == "win32":
        refuse_windows("a lock on a folder")
    with storage_errors(folder, "cannot be locked"):
        descriptor = os.open(
            folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
        )
    try:
        with storage_errors(folder, "cannot be locked"):
            lock_file(descriptor)
        yield
    finally:
        os.close(descriptor)
