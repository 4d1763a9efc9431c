"""One measurement on the host at a time: a lock file that the kernel releases when its holder ends.

The process that starts a measured command inherits the open file. So the lock of a holder that was killed is
free when the command has ended as well, and not before.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from obrelease.errors import Conflict
from obrelease.storage.file_lock import lock_file
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.reporter import Reporter
from obrelease.storage.system_errors import storage_errors

LOCK_NAME: Final = "obrelease-measure.lock"
"""In the folder for temporary files, which all users of a host share unless TMPDIR is set."""

DEFAULT_WAIT_S: Final = 3_600
"""How long to wait for another measurement before giving up."""

_POLL_S: Final = 0.2
_MAX_HOLDER_BYTES: Final = 200
_HELD: Final[ContextVar[int | None]] = ContextVar("_HELD", default=None)


@contextmanager
def host_lock(what: str, *, wait_s: float, reporter: Reporter) -> Iterator[None]:
    """Hold the lock of the host for as long as the block.

    Args:
        what: what is measured; shown to whoever waits.
        wait_s: how long to wait for another measurement, in seconds; 0 to refuse at once.

    Raises:
        Conflict: another process still measures; it is named.
        StorageError: the lock file cannot be opened.
        UsageError: Windows cannot measure.
    """
    if sys.platform == "win32":
        refuse_windows("a measurement")
    path = Path(tempfile.gettempdir()) / LOCK_NAME
    with storage_errors(path, "cannot be locked"):
        descriptor = _open(path)
    try:
        _acquire(descriptor, wait_s, reporter)
        _write_holder(descriptor, what)
        token = _HELD.set(descriptor)
        try:
            yield
        finally:
            _HELD.reset(token)
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def held_lock() -> int | None:
    """The open file of the lock that this thread holds, to be inherited by what ends its children."""
    return _HELD.get()


def _open(path: Path) -> int:
    """Open the file, or create it for all users; a file of another user is opened for reading."""
    if sys.platform == "win32":
        refuse_windows("a measurement")
    flags = os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileNotFoundError, PermissionError):
        return os.open(path, os.O_RDWR | flags)
    with suppress(FileNotFoundError):
        return os.open(path, os.O_RDONLY | flags)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o666)
    with suppress(OSError):
        os.fchmod(descriptor, 0o666)
    return descriptor


def _acquire(descriptor: int, wait_s: float, reporter: Reporter) -> None:
    deadline = monotonic() + wait_s
    reported = False
    while True:
        with suppress(BlockingIOError):
            lock_file(descriptor, wait=False)
            return
        if monotonic() >= deadline:
            raise Conflict(
                f"another measurement is running on this host: {_holder(descriptor)}",
                hint="two measurements at once disturb each other; wait for it, or raise --wait SECONDS",
            )
        if not reported:
            reporter.note(f"waiting for another measurement on this host: {_holder(descriptor)}")
            reported = True
        sleep(min(_POLL_S, max(0.0, deadline - monotonic())))


def _write_holder(descriptor: int, what: str) -> None:
    """Write who holds the lock; the file of another user cannot be written, and then it stays empty."""
    text = f"process {os.getpid()}: {what}".encode("utf-8", "replace")[:_MAX_HOLDER_BYTES]
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)


def _holder(descriptor: int) -> str:
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with suppress(OSError):
        text = os.pread(descriptor, _MAX_HOLDER_BYTES, 0).decode("utf-8", "replace")
        if shown := "".join(char for char in text if char.isprintable()):
            return shown
    return "a process that did not leave its name"
