"""Standard output and error as they are found: a full disk, a closed descriptor, a reader that left."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

from obrelease.errors import StorageError


def settle_streams() -> None:
    """Make the standard streams safe to use; for the start of a process.

    A descriptor of 0 to 2 that is closed is taken by the null device, so that no file that is
    opened later is written to by mistake; what a stream's encoding lacks is written as an escape.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def put(text: str) -> None:
    """Write to stdout, at once; a reader that has left is no error, it has what it wanted.

    Raises:
        StorageError: stdout is closed, or what is behind it refuses.
    """
    if sys.stdout is None:
        raise StorageError("standard output: is closed, so the answer has no place")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise StorageError(f"standard output: cannot be written: {error.strerror or error}") from error


def say(text: str) -> None:
    """Write a line to stderr; where nobody can hear it, nothing is said."""
    if sys.stderr is None:
        return
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _silence(stream: TextIO) -> None:
    """Let what is still in the buffer go nowhere, or the interpreter complains of it at its end."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
