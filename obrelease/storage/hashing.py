"""sha256 of bytes, streams and files: the only module that hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from obrelease.errors import StorageError
from obrelease.storage.files import open_regular, reason_of

_CHUNK_BYTES: Final = 2**20


def digest_bytes(data: bytes) -> str:
    """The sha256 of `data` in lower-case hex, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


class Hasher:
    """A sha256 fed piece by piece, where one pass over the bytes feeds several digests."""

    __slots__ = ("_digest", "size")

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._digest.update(data)
        self.size += len(data)

    def hexdigest(self) -> str:
        """The sha256 so far, in lower-case hex."""
        return self._digest.hexdigest()


def digest_stream(source: BinaryIO, sink: Callable[[memoryview], object] | None = None) -> tuple[str, int]:
    """Read `source` to its end and return its sha256 and size; each chunk is also handed to `sink`.

    The sink gets exactly the bytes that were hashed, so a copy made this way has this digest.
    """
    hasher = Hasher()
    while chunk := source.read(_CHUNK_BYTES):
        hasher.update(chunk)
        if sink is not None:
            sink(memoryview(chunk))
    return hasher.hexdigest(), hasher.size


def digest_file(path: Path) -> tuple[str, int]:
    """The sha256 and the size in bytes of a regular file, streamed in chunks of 1 MiB.

    Raises:
        NotFound, InvalidInput, StorageError: as `open_regular`, or the disk failed while reading.
    """
    with open_regular(path) as source:
        try:
            size = os.fstat(source.fileno()).st_size
            if size < _CHUNK_BYTES and len(data := source.read(size + 1)) == size:
                return digest_bytes(data), size
            source.seek(0)
            return digest_stream(source)
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {reason_of(error)}") from error
