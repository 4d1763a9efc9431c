"""Locks on open files (`flock`), which the kernel releases when the process ends. Windows has none."""

from __future__ import annotations

import sys

from obrelease.storage.operating_system import refuse_windows


def lock_file(descriptor: int, *, wait: bool = True) -> None:
    """Hold an open file or folder alone.

    Raises:
        BlockingIOError: another process holds it, and `wait` is false.
        OSError: the operating system refused.
        UsageError: this system has no such locks.
    """
    if sys.platform == "win32":
        refuse_windows("a lock on a file")
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
