"""Sending a file: the bytes sent come from the same open file that was hashed."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.errors import IntegrityError, InvalidInput, StorageError
from obrelease.storage.files import CHUNK_BYTES, open_regular
from obrelease.storage.hashing import Hasher, digest_chunks
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class TransferProgress:
    """Reports each byte to `advance` once, even if a transfer starts again."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._reported = 0

    def reached(self, offset: int) -> None:
        """Report that the transfer has reached `offset` bytes."""
        if offset > self._reported:
            self._advance(offset - self._reported)
            self._reported = offset


class SourceFile(io.RawIOBase):
    """An open regular file whose digest was checked before it is read.

    Each reading is hashed again. The last bytes are returned only if all of them together have the
    digest, so a receiver that expects `size` bytes never gets a complete wrong file. `advance` is
    called once for each byte, even if the file is read again from its start.
    """

    def __init__(self, path: Path, descriptor: int, size: int, sha256: str, advance: Advance) -> None:
        super().__init__()
        self.path = path
        self.size = size
        self.sha256 = sha256
        self._descriptor = descriptor
        self._progress = TransferProgress(advance)
        self._offset = 0
        self._running = Hasher()
        self._cancelled = False
        self._reading = threading.Lock()

    @property
    def len(self) -> int:
        """The size in bytes; `requests` needs this name to set Content-Length."""
        return self.size

    def readable(self) -> bool:
        """True: the file can be read."""
        return True

    def tell(self) -> int:
        """How many bytes were returned since the start."""
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go back to the start; no other position is supported."""
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("only the start can be sought")
        self._offset = 0
        self._running = Hasher()
        return 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the current position to the end.

        Raises:
            IntegrityError, StorageError: as `readinto`.
        """
        while chunk := self.read(CHUNK_BYTES):
            yield chunk

    def cancel(self) -> None:
        """Make every later read fail, so that an abandoned sender sends nothing more.

        When this returns, no read is in progress: the descriptor's number may be used again.
        """
        with self._reading:
            self._cancelled = True

    def close(self) -> None:
        """Do nothing: senders close what they are given, but `open_for_sending` owns the file."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`; returns the number of bytes, 0 at the end.

        Raises:
            IntegrityError: the file changed since it was hashed.
            StorageError: cancelled, or the disk failed.
        """
        view = memoryview(buffer)
        with self._reading:
            if self._cancelled:
                raise StorageError(f"{self.path}: reading was cancelled")
            wanted = min(len(view), self.size - self._offset)
            chunk = _read_at(self.path, self._descriptor, wanted, self._offset)
        if self._offset < self.size and not chunk:
            raise IntegrityError(f"{self.path}: became shorter while it was sent")
        self._running.update(chunk)
        self._offset += len(chunk)
        if self._offset == self.size and self._running.hexdigest() != self.sha256:
            raise IntegrityError(
                f"{self.path}: changed between hashing and sending",
                hint="make sure that no other program changes it",
            )
        view[: len(chunk)] = chunk
        self._progress.reached(self._offset)
        return len(chunk)

    def finish(self) -> None:
        """Report the bytes that were not read because the receiver has them already."""
        self._progress.reached(self.size)


@contextmanager
def open_for_sending(path: Path, sha256: str, advance: Advance) -> Iterator[SourceFile]:
    """Open a file, check its digest, and keep the same descriptor open for sending.

    Raises:
        IntegrityError: the file does not have this digest.
        InvalidInput: it is empty (no forge keeps an empty asset), a symbolic link or not a regular file.
        NotFound, StorageError: it does not exist or cannot be read.
    """
    with open_regular(path) as file:
        descriptor = file.fileno()
        found, size = digest_chunks(_chunks(path, descriptor))
        if found != sha256:
            raise IntegrityError(f"{path}: its sha256 is {found}, expected {sha256}")
        if size == 0:
            raise InvalidInput(f"{path}: is empty; no forge keeps an empty asset")
        yield SourceFile(path, descriptor, size, sha256, advance)


def _chunks(path: Path, descriptor: int) -> Iterator[bytes]:
    offset = 0
    while chunk := _read_at(path, descriptor, CHUNK_BYTES, offset):
        yield chunk
        offset += len(chunk)


def _read_at(path: Path, descriptor: int, count: int, offset: int) -> bytes:
    if sys.platform == "win32":
        refuse_windows("an upload")
    with storage_errors(path, "cannot be read"):
        return os.pread(descriptor, count, offset)
