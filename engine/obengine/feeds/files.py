"""Files of market data: hashed once, and read as limited streams."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from typing import BinaryIO, Final, cast
from zipfile import BadZipFile

from obengine.api.errors import FeedError

MAX_RATIO: Final = 100
"""The maximum ratio of unpacked to packed size."""

_BLOCK: Final = 1 << 20
_SMALL: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was read: its base name, size in bytes and sha256."""

    name: str
    size: int
    sha256: str


def max_unpacked(packed: int) -> int:
    """The maximum number of bytes that `packed` bytes may unpack to."""
    return max(_SMALL, MAX_RATIO * packed)


def read_block(stream: BinaryIO, name: str, line: int | None) -> bytes:
    """Read at most one mebibyte.

    Raises:
        FeedError: a read error, or damaged packed data.
    """
    try:
        return stream.read(_BLOCK)
    except (zlib.error, EOFError, BadZipFile, gzip.BadGzipFile) as error:
        what = "gzip file" if isinstance(error, gzip.BadGzipFile) else "archive"
        reason = f"CRC error: the {what} is damaged" if "CRC" in str(error) else f"the {what} is damaged"
        raise FeedError(reason, file=name, line=line, column=None, value=str(error) or None) from error
    except OSError as error:
        raise FeedError(
            f"cannot be read: {error.strerror or error}", file=name, line=line, column=None, value=None
        ) from error


def hash_file(file: BufferedReader, name: str) -> DataFile:
    """Hash an open file from its start, and return to the start."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return DataFile(name, size, digest)


def unpack_gzip(packed: BinaryIO, size: int, name: str) -> BinaryIO:
    """The unpacked stream of a gzip file of `size` packed bytes; reading raises beyond `MAX_RATIO`."""
    unpacked = gzip.GzipFile(fileobj=packed, mode="rb")
    return cast("BinaryIO", _LimitedStream(unpacked, max_unpacked(size), name))


class _LimitedStream(BufferedIOBase):
    """A stream that may not be longer than a limit."""

    def __init__(self, stream: gzip.GzipFile, limit: int, name: str) -> None:
        self._stream, self._left, self._name = stream, limit, name

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes.

        Raises:
            FeedError: the stream is longer than its limit.
        """
        block = self._stream.read(-1 if size is None else size)
        self._left -= len(block)
        if self._left < 0:
            raise FeedError(
                f"unpacks to more than {MAX_RATIO} times its size",
                file=self._name,
                line=None,
                column=None,
                value=None,
            )
        return block
