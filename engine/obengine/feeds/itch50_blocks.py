"""The bytes of an ITCH 5.0 file in blocks: plain or gzip, from a disk or a pipe, hashed as they are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from obengine.api.errors import FeedError
from obengine.feeds.files import MAX_RATIO, DataFile, max_unpacked, read_block
from obengine.feeds.itch50_layout import LENGTHS, PREFIX

GZIP_MAGIC: Final = b"\x1f\x8b"

STDIN: Final = Path("-")
STDIN_NAME: Final = "stdin"
"""The name of the standard input as a source."""

_BLOCK: Final = 1 << 20


class ItchBytes:
    """The unpacked bytes of a stream, in blocks of at most one mebibyte.

    Args:
        stream: the file, plain or gzip.
        name: the file as the user named it; `base` is its base name.
    """

    def __init__(self, stream: BinaryIO, *, name: str, base: str) -> None:
        self.name = name
        self._base = base
        self._hashed = _HashingReader(stream)

    def source(self) -> DataFile:
        """The file; complete after the last block."""
        return DataFile(self._base, self._hashed.size, self._hashed.digest.hexdigest())

    def __iter__(self) -> Iterator[bytes]:
        """The blocks, once.

        Raises:
            FeedError: the stream cannot be read, is damaged, or unpacks to too much.
        """
        buffered = io.BufferedReader(self._hashed, _BLOCK)
        if not buffered.peek(2).startswith(GZIP_MAGIC):
            while block := read_block(buffered, self.name, None):
                yield block
            return
        unpacked = 0
        with gzip.GzipFile(fileobj=buffered, mode="rb") as packed:
            while block := self._unpack(packed):
                unpacked += len(block)
                if unpacked > max_unpacked(self._hashed.size):
                    raise self._error(f"unpacks to more than {MAX_RATIO} times its size")
                yield block

    def _unpack(self, packed: gzip.GzipFile) -> bytes:
        try:
            return packed.read(_BLOCK)
        except EOFError as error:
            raise self._error("truncated gzip file") from error
        except (zlib.error, gzip.BadGzipFile) as error:
            reason = "CRC error: the gzip file" if "CRC" in str(error) else "the gzip file"
            raise self._error(f"{reason} is damaged", str(error)) from error
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror or error}") from error

    def _error(self, reason: str, value: str | None = None) -> FeedError:
        return FeedError(reason, file=self.name, line=None, column=None, value=value)


class _HashingReader(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read at most `len(buffer)` bytes."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.digest.update(data)
        self.size += len(data)
        return len(data)


def file_name(path: Path) -> str:
    """A file as errors name it."""
    return "standard input" if path == STDIN else str(path)


def open_bytes(path: Path) -> BinaryIO:
    """Open a file, a pipe, or the standard input (`-`).

    Raises:
        FeedError: it cannot be opened.
    """
    try:
        return cast("BinaryIO", sys.stdin.buffer if path == STDIN else path.open("rb", buffering=0))
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise FeedError(reason, file=file_name(path), line=None, column=None, value=None) from error


def is_itch50(path: Path) -> bool:
    """Whether a file starts with an ITCH 5.0 frame."""
    try:
        with path.open("rb") as file:
            head = file.read(PREFIX + 1)
        if head.startswith(GZIP_MAGIC):
            with gzip.open(path) as packed:
                head = packed.read(PREFIX + 1)
    except (OSError, EOFError, zlib.error):
        return False
    if len(head) <= PREFIX:
        return False
    length = int.from_bytes(head[:PREFIX], "big")
    known = LENGTHS.get(chr(head[PREFIX]))
    return known is not None and length in {0, known}
