"""Standard output and standard error that survive a full disk, a closed descriptor and a reader that left.

`prepare_streams` replaces `sys.stdout` and `sys.stderr` down to the descriptor, so that whoever writes to
them (this package, the parser's help and completion, a traceback, a progress bar) follows the same rules:
what stdout refuses is a `StorageError`, what stderr refuses is dropped. Nothing may be left in a buffer
that cannot be written: the interpreter would replace the exit code by 120.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TextIO

from obrelease.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

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
    sys.stdout = _text_stream(_Output(io.FileIO(1, "w", closefd=False)), sys.stdout)
    sys.stderr = _text_stream(_Diagnostics(io.FileIO(2, "w", closefd=False)), sys.stderr)


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


class _Output(io.BufferedWriter):
    """The bytes of standard output."""

    def write(self, data: ReadableBuffer) -> int:
        with self._rules():
            super().write(data)
        return len(memoryview(data))

    def flush(self) -> None:
        with self._rules():
            super().flush()

    @contextmanager
    def _rules(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            _discard_the_rest(self)
        except OSError as error:
            _discard_the_rest(self)
            raise StorageError(f"standard output: cannot be written: {error.strerror or error}") from error


class _Diagnostics(_Output):
    """The bytes of standard error."""

    @contextmanager
    def _rules(self) -> Iterator[None]:
        with suppress(StorageError), super()._rules():
            yield


def _text_stream(buffer: io.BufferedWriter, replaced: TextIO | None) -> io.TextIOWrapper:
    """A text stream in the encoding of the one that it replaces."""
    encoding = "utf-8" if replaced is None else replaced.encoding
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=True)


def _discard_the_rest(stream: io.BufferedWriter) -> None:
    """Point the descriptor to the null device, for what is still in the buffer and for child processes."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
