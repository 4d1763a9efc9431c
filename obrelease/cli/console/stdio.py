"""Standard output and standard error that survive a full disk, a closed descriptor and a reader that left.

`prepare_streams` replaces `sys.stdout` and `sys.stderr`, so that whoever writes to them (this package,
the parser's help and completion, a traceback, a progress bar) follows the same two rules: what stdout
refuses is a `StorageError`, what stderr refuses is dropped. Both write at once and hold nothing back,
because the interpreter replaces the exit code by 120 if it cannot write what is left in a buffer.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import BinaryIO, Final, TextIO

from obrelease.errors import StorageError

_IF_CLOSED: Final = {0: os.O_RDWR, 1: os.O_RDONLY, 2: os.O_RDWR}
"""How a closed descriptor is opened on the null device: what is written to a closed stdout must fail."""


def prepare_streams() -> None:
    """Replace the standard streams; for the start of a process, before anything is written.

    A closed descriptor is opened on the null device, so that no file that is opened later takes its
    number. Characters that a stream's encoding lacks are written as escapes.
    """
    for descriptor, mode in _IF_CLOSED.items():
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)
    sys.stdout = _Output(*_parts(sys.stdout, 1))
    sys.stderr = _Diagnostics(*_parts(sys.stderr, 2))


def write_stdout(text: str) -> None:
    """Write to stdout at once. A reader that has left is no error: it has read what it wanted.

    Raises:
        StorageError: stdout is closed or cannot be written.
    """
    sys.stdout.write(text)
    sys.stdout.flush()


def write_stderr(line: str) -> None:
    """Write a line to stderr at once; dropped if stderr is closed or cannot be written."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class _Output(io.TextIOWrapper):
    """Standard output: each write reaches the descriptor, or raises."""

    def write(self, text: str) -> int:
        try:
            super().write(text)
            super().flush()
        except BrokenPipeError:
            _discard_the_rest(self)
        except OSError as error:
            _discard_the_rest(self)
            raise StorageError(f"standard output: cannot be written: {error.strerror or error}") from error
        return len(text)


class _Diagnostics(io.TextIOWrapper):
    """Standard error: each write reaches the descriptor, or is dropped."""

    def write(self, text: str) -> int:
        try:
            super().write(text)
            super().flush()
        except OSError:
            _discard_the_rest(self)
        return len(text)


def _parts(stream: TextIO | None, descriptor: int) -> tuple[BinaryIO, str, str]:
    """The binary stream below a text stream, its encoding, and how to write what the encoding lacks.

    An unbuffered stream (PYTHONUNBUFFERED) gets a buffer: a raw one would lose what one call did not write.
    """
    if stream is None:
        return io.FileIO(descriptor, "w", closefd=False), "utf-8", "backslashreplace"
    below = stream.buffer
    buffered = io.BufferedWriter(below) if isinstance(below, io.RawIOBase) else below
    return buffered, stream.encoding, "backslashreplace"


def _discard_the_rest(stream: TextIO) -> None:
    """Point the descriptor to the null device, for what is still in the buffer and for child processes."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
