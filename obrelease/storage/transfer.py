"""Files on their way out and in: sent from the one descriptor that was hashed, written once.

Here stands the only hashing of the `remote` room: bytes are hashed as they stream.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import Conflict, IntegrityError, InvalidInput, StorageError
from obrelease.storage.progress import Advance

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES: Final = 65536


class TransferProgress:
    """Tells `advance` of each byte once, however often a transfer starts over."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._reported = 0

    def reached(self, offset: int) -> None:
        """The transfer has come to `offset` bytes from the beginning."""
        if offset > self._reported:
            self._advance(offset - self._reported)
            self._reported = offset


class SourceFile(io.RawIOBase):
    """A regular file held by one descriptor, whose digest was proved before it is read.

    Reading goes through the digest a second time: the last bytes are handed out only if all
    of them together are what the digest names, so a receiver that was promised `size` bytes
    never gets a whole wrong file. `advance` hears of each byte once, however often the file
    is read again from its beginning.
    """

    def __init__(self, path: Path, descriptor: int, size: int, sha256: str, advance: Advance) -> None:
        super().__init__()
        self.path = path
        self.size = size
        self.sha256 = sha256
        self._descriptor = descriptor
        self._progress = TransferProgress(advance)
        self._offset = 0
        self._running = hashlib.sha256()
        self._cancelled = False
        self._reading = threading.Lock()

    @property
    def len(self) -> int:
        """The size; `requests` asks for it by this name to set Content-Length."""
        return self.size

    def readable(self) -> bool:
        """True: a reader may read."""
        return True

    def tell(self) -> int:
        """How many bytes were handed out since the beginning."""
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go back to the beginning; no other place can be sought."""
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("only the beginning can be sought")
        self._offset = 0
        self._running = hashlib.sha256()
        return 0

    def cancel(self) -> None:
        """Make every later read fail, so that an abandoned sender sends no more.

        When this returns, no read is under way: the descriptor's number may be used again.
        """
        with self._reading:
            self._cancelled = True

    def close(self) -> None:
        """Stay open: senders close what they were given, the descriptor belongs to `opened`."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`; 0 at the end.

        Raises:
            IntegrityError: the file changed since it was hashed.
            StorageError: cancelled, or the disk failed.
        """
        view = memoryview(buffer)
        with self._reading:
            if self._cancelled:
                raise StorageError(f"{self.path}: reading was cancelled")
            wanted = min(len(view), self.size - self._offset)
            block = _read_at(self.path, self._descriptor, wanted, self._offset)
        if self._offset < self.size and not block:
            raise IntegrityError(f"{self.path}: became shorter while it was sent")
        self._running.update(block)
        self._offset += len(block)
        if self._offset == self.size and self._running.hexdigest() != self.sha256:
            raise IntegrityError(
                f"{self.path}: changed between hashing and sending", hint="keep other programs off the file"
            )
        view[: len(block)] = block
        self._progress.reached(self._offset)
        return len(block)

    def finish(self) -> None:
        """Report what was never read, because the other side has it already."""
        self._progress.reached(self.size)


def _read_at(path: Path, descriptor: int, count: int, offset: int) -> bytes:
    try:
        return os.pread(descriptor, count, offset)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}") from error


def _open_regular(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be opened: {error.strerror}", hint="it must be a regular file, not a link"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{path}: is not a regular file")
    return descriptor


def _digest_of(path: Path, descriptor: int) -> tuple[int, str]:
    running, offset = hashlib.sha256(), 0
    while block := _read_at(path, descriptor, CHUNK_BYTES, offset):
        running.update(block)
        offset += len(block)
    return offset, running.hexdigest()


def size_and_sha256(path: Path) -> tuple[int, str]:
    """Size in bytes and sha256 of a regular file; links are not followed.

    Raises:
        StorageError, InvalidInput: it cannot be read, or is not a regular file.
    """
    descriptor = _open_regular(path)
    try:
        return _digest_of(path, descriptor)
    finally:
        os.close(descriptor)


def size_and_sha256_of(blocks: Iterable[bytes]) -> tuple[int, str]:
    """Size in bytes and sha256 of a stream."""
    running, size = hashlib.sha256(), 0
    for block in blocks:
        running.update(block)
        size += len(block)
    return size, running.hexdigest()


@contextmanager
def opened(path: Path, sha256: str, advance: Advance) -> Iterator[SourceFile]:
    """Open a file, prove its digest, and hold the very same descriptor for sending.

    Raises:
        IntegrityError: the bytes are not those that `sha256` names.
        InvalidInput: it is empty (no forge keeps an empty asset) or not a regular file.
        StorageError: it cannot be read, or is a symbolic link.
    """
    descriptor = _open_regular(path)
    try:
        size, found = _digest_of(path, descriptor)
        if found != sha256:
            raise IntegrityError(f"{path}: its sha256 is {found}, expected {sha256}")
        if size == 0:
            raise InvalidInput(f"{path}: is empty; no forge keeps an empty asset")
        yield SourceFile(path, descriptor, size, sha256, advance)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Make the names inside a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(
    target: Path, blocks: Iterable[bytes], size: int, sha256: str | None, *, staging: Path | None = None
) -> None:
    """Write a file that was not there before: whole, fsynced, proved by reading back, or not at all.

    Args:
        target: the new file; its folder must exist.
        blocks: the bytes in order.
        size: how many bytes there must be.
        sha256: what they must hash to, or None where only the size is known.
        staging: a folder of the same file system for the unfinished file; the target's own if None.

    Raises:
        IntegrityError: other bytes came, or the disk kept other bytes.
        Conflict: the target is there already.
        StorageError: the disk refused.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=".incoming-", dir=staging or target.parent)
    except OSError as error:
        raise StorageError(f"{target}: cannot be written: {error.strerror}") from error
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            _fill(target, sink, blocks, size)
        kept = size_and_sha256(unfinished)
        if kept != (size, sha256 or kept[1]):
            raise IntegrityError(
                f"{target.name}: sha256 is {kept[1]} over {kept[0]} bytes, expected {sha256}"
            )
        unfinished.chmod(0o644)
        target.hardlink_to(unfinished)
        unfinished.unlink()  # what would stay of it beside the target is a file too many
        sync_folder(target.parent)
    except FileExistsError as error:
        raise Conflict(f"{target}: is there already", hint="choose a new name or remove the file") from error
    except OSError as error:
        raise StorageError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _fill(target: Path, sink: io.BufferedWriter, blocks: Iterable[bytes], size: int) -> None:
    written = 0
    for block in blocks:
        written += len(block)
        if written > size:
            raise IntegrityError(f"{target.name}: more than the {size} bytes that were announced")
        sink.write(block)
    if written != size:
        raise IntegrityError(f"{target.name}: {written} bytes came, {size} were announced")
    sink.flush()
    os.fsync(sink.fileno())
