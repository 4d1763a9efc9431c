"""The scratch folder of a command: made where the system keeps such things, gone at the end.

A process that is killed cannot clean up. So each folder has a lock beside it, which dies with its
process, and the next command sweeps what nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from obrelease.errors import StorageError
from obrelease.storage.temporary import HINT, temporary_refused

_PREFIX: Final = "obrelease-scratch-"
_LOCK: Final = ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new, empty, private folder that lives as long as the block.

    Temporary files of the libraries below go to a folder beside it, and with it.

    Raises:
        StorageError: it cannot be made; one that the block raises of a file in it is given a hint.
    """
    import tempfile

    try:
        home = Path(tempfile.gettempdir())
        _sweep(home)
        lock, descriptor = _locked(home)
        made = lock.with_suffix("")
        work, beside = made / "work", made / "beside"
        made.mkdir(mode=0o700)
        work.mkdir()
        beside.mkdir()
    except OSError as error:
        raise temporary_refused(error) from error
    former, tempfile.tempdir = tempfile.tempdir, str(beside)
    try:
        yield work
    except StorageError as error:
        if error.hint is not None or str(made) not in error.message:
            raise
        raise StorageError(error.message, hint=HINT) from error
    finally:
        tempfile.tempdir = former
        _remove(lock)
        os.close(descriptor)


def _locked(home: Path) -> tuple[Path, int]:
    """A new lock file that this process holds; one that a sweep took away meanwhile is made anew."""
    import tempfile

    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK, dir=home)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return Path(name), descriptor
        os.close(descriptor)


def _sweep(home: Path) -> None:
    """Remove the folders of this user whose processes are gone; whatever cannot be removed stays."""
    for lock in home.glob(f"{_PREFIX}*{_LOCK}"):
        with suppress(OSError):
            descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if os.fstat(descriptor).st_uid == os.getuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(lock)
            finally:
                os.close(descriptor)


def _remove(lock: Path) -> None:
    """The folder first: as long as it is there, its lock leads to it. What stays is for the next sweep."""
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    with suppress(OSError):
        lock.unlink()
