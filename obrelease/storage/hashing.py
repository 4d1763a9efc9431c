"""sha256 of bytes, streams and files, and keyed digests: the only module that hashes."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from obrelease.storage.files import CHUNK_BYTES, open_regular, read_small
from obrelease.storage.system_errors import storage_errors


def digest_bytes(data: bytes) -> str:
    """The sha256 of `data` in lower-case hex, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


def base64_digest(data: bytes) -> str:
    """The sha256 of bytes in base64, as content security policies have it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


def keyed_digest(key: bytes, data: bytes, size: int) -> str:
    """A digest of `size` bytes that cannot be made without the key, in lower-case hex (keyed BLAKE2b)."""
    hasher = _keyed_hasher(key, size).copy()
    hasher.update(data)
    return hasher.hexdigest()


@lru_cache(maxsize=4)
def _keyed_hasher(key: bytes, size: int) -> hashlib.blake2b:
    """The state after the key, which is the same for all rows of an index."""
    return hashlib.blake2b(key=key, digest_size=size)


class Hasher:
    """A sha256 and a size in bytes that are fed piece by piece."""

    __slots__ = ("_digest", "size")

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._digest.update(data)
        self.size += len(data)

    def hexdigest(self) -> str:
        """The sha256 so far, in lower-case hex."""
        return self._digest.hexdigest()


def digest_stream(source: BinaryIO, sink: Callable[[bytes], object] | None = None) -> tuple[str, int]:
    """Read `source` to its end and return its sha256 and size in bytes.

    Args:
        sink: is called with each chunk that was hashed, so a copy made this way has this digest.
    """

    def chunks() -> Iterable[bytes]:
        while chunk := source.read(CHUNK_BYTES):
            if sink is not None:
                sink(chunk)
            yield chunk

    return digest_chunks(chunks())


def digest_chunks(chunks: Iterable[bytes]) -> tuple[str, int]:
    """The sha256 and the size in bytes of all chunks together."""
    hasher = Hasher()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.hexdigest(), hasher.size


def digest_file(path: Path) -> tuple[str, int]:
    """The sha256 and the size in bytes of a regular file, read in chunks.

    Raises:
        NotFound, InvalidInput, StorageError: as `open_regular`, or the disk failed while reading.
    """
    if (small := read_small(str(path))) is not None:
        return digest_bytes(small), len(small)
    with open_regular(path) as source, storage_errors(path, "cannot be read"):
        size = os.fstat(source.fileno()).st_size
        if size < CHUNK_BYTES and len(data := source.read(size + 1)) == size:
            return digest_bytes(data), size
        source.seek(0)
        return digest_stream(source)
