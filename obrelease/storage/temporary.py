"""Temporary folders that are removed at the end, and by the next command if a process was killed.

A killed process cannot clean up. So each folder has a lock file next to it, which is released when
its process ends. Whoever makes the next folder removes those whose lock nobody holds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from obrelease.errors import StorageError
from obrelease.storage.file_lock import lock_file
from obrelease.storage.remove_tree import try_to_remove_own_tree
from obrelease.storage.system_errors import storage_errors

_PREFIX: Final = "obrelease-scratch-"
_LOCK: Final = ".lock"
_HINT: Final = "free some space, or set TMPDIR to another folder"


@contextmanager
def temporary_folder(*, for_libraries: bool = False) -> Iterator[Path]:
    """A new, empty, private folder that exists as long as the block.

    Args:
        for_libraries: temporary files that other code makes during the block are removed with it as
            well. This changes `tempfile.tempdir`, so only the main thread of a command may ask for it.

    Raises:
        StorageError: the folder cannot be made. One that the block raises about a file in the folder
            gets a hint.
    """
    with storage_errors(Path("temporary folder"), "cannot be made", hint=_HINT):
        home = Path(tempfile.gettempdir())
    with storage_errors(home, "a temporary folder cannot be made", hint=_HINT):
        _remove_abandoned(home)
        lock, descriptor = _locked(home)
        made = lock.with_suffix("")
        work, libraries = made / "work", made / "libraries"
        made.mkdir(mode=0o700)
        work.mkdir()
        libraries.mkdir()
    previous = tempfile.tempdir
    if for_libraries:
        tempfile.tempdir = str(libraries)
    try:
        yield work.resolve()
    except StorageError as error:
        if error.hint == _HINT or str(made) not in error.message:
            raise
        raise StorageError(error.message, hint=_HINT) from error
    finally:
        if for_libraries:
            tempfile.tempdir = previous
        _remove(lock)
        os.close(descriptor)


def _locked(home: Path) -> tuple[Path, int]:
    """A new lock file that this process holds; if another process removed it meanwhile, a second one."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK, dir=home)
        if sys.platform != "win32":
            lock_file(descriptor)
        if os.fstat(descriptor).st_nlink:
            return Path(name), descriptor
        os.close(descriptor)


def _remove_abandoned(home: Path) -> None:
    """Remove the folders of this user whose processes have ended, as far as possible."""
    if sys.platform == "win32":  # without locks nobody can know which folders are abandoned
        return
    for lock in home.glob(f"{_PREFIX}*{_LOCK}"):
        with suppress(OSError):
            descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(descriptor).st_uid == os.getuid():
                    lock_file(descriptor, wait=False)
                    _remove(lock)
            finally:
                os.close(descriptor)


def _remove(lock: Path) -> None:
    """Remove the folder first: if that fails, its lock file still leads the next process to it."""
    try_to_remove_own_tree(lock.with_suffix(""))
    with suppress(OSError):
        lock.unlink()
