"""Strict gzip reader: one member, a fixed header, stored blocks only, nothing after the end.

Python's `gzip` accepts several members, any header and any compression, and ignores trailing zeros. Stored
blocks cannot grow: what is read out is never more than what was read in.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from obrelease.bundle.archive_rules import Limits, RefusedArchive, Rule
from obrelease.bundle.writer import GZIP_HEADER, STORED_BYTES
from obrelease.storage.files import CHUNK_BYTES
from obrelease.storage.hashing import Hasher
from obrelease.storage.system_errors import storage_errors

_TRAILER_BYTES: Final = 8
_BLOCK_HEADER_BYTES: Final = 5
_LAST, _STORED = 1, 0
_COMPRESSED_TYPES: Final = frozenset({1, 2})


class GzipReader:
    """Reads the content of a file on demand, at most `CHUNK_BYTES` ahead, and hashes input and output.

    Attributes:
        outer: the digest of the file's bytes so far.
        inner: the digest of the content returned so far.
    """

    def __init__(self, file: BinaryIO, where: str, limits: Limits) -> None:
        self._file = file
        self._where = where
        self._limits = limits
        self._raw = b""
        self._raw_at = 0
        self._ready = b""
        self._at = 0
        self._crc = 0
        self._produced = 0
        self._ended = False
        self.outer = Hasher()
        self.inner = Hasher()
        self._check_header()

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the stream; `count` is at most a chunk."""
        while len(self._ready) - self._at < count and not self._ended:
            self._read_block()
        data = self._ready[self._at : self._at + count]
        self._at += len(data)
        self.inner.update(data)
        return data

    def finish(self) -> None:
        """Check that the stream ends here and is complete.

        Raises:
            RefusedArchive: there is more data, or the trailer does not match.
        """
        if self.read(1):
            self._refuse(Rule.TRAILING_DATA, "data after the end of the archive")
        trailer = self._take(_TRAILER_BYTES)
        if self._take(1):
            self._refuse(Rule.TRAILING_DATA, "data after the gzip stream")
        if len(trailer) < _TRAILER_BYTES:
            self._refuse(Rule.TRUNCATED, "the gzip trailer is incomplete")
        if trailer != self._crc.to_bytes(4, "little") + (self._produced % 2**32).to_bytes(4, "little"):
            self._refuse(Rule.GZIP_TRAILER, "the checksum or the length does not match the content")

    def _check_header(self) -> None:
        head = self._take(len(GZIP_HEADER))
        if head[:2] != GZIP_HEADER[:2]:
            self._refuse(Rule.NOT_GZIP, "does not start like a gzip file")
        if head != GZIP_HEADER:
            self._refuse(Rule.GZIP_HEADER, "the header has a name, a time, a comment or an operating system")

    def _read_block(self) -> None:
        """Read one stored block (RFC 1951, 3.2.4), divided as the writer divides them."""
        head = self._take(_BLOCK_HEADER_BYTES)
        kind = (head[0] >> 1 & 3) if head else _STORED
        if kind in _COMPRESSED_TYPES:
            self._refuse(Rule.STORED, "a compressed block; only stored blocks are accepted")
        if head and head[0] & ~_LAST:
            self._refuse(Rule.GZIP_DATA, "invalid block type")
        if len(head) < _BLOCK_HEADER_BYTES:
            self._refuse(Rule.TRUNCATED, "the gzip stream is incomplete")
        self._ended = bool(head[0] & _LAST)
        size = int.from_bytes(head[1:3], "little")
        if size ^ 0xFFFF != int.from_bytes(head[3:], "little"):
            self._refuse(Rule.GZIP_DATA, "the length of a stored block is damaged")
        if size != STORED_BYTES and (not self._ended or not size):
            self._refuse(Rule.STORED, f"a block of {size} bytes, where all but the last have {STORED_BYTES}")
        block = self._take(size)
        if len(block) < size:
            self._refuse(Rule.TRUNCATED, "the gzip stream is incomplete")
        self._produced += size
        if self._produced > self._limits.total_bytes:
            self._refuse(Rule.TOTAL_SIZE, f"more than {self._limits.total_bytes} bytes of content")
        self._crc = zlib.crc32(block, self._crc)
        self._ready, self._at = self._ready[self._at :] + block, 0

    def _take(self, count: int) -> bytes:
        """The next bytes of the file, fewer only at its end."""
        while len(self._raw) - self._raw_at < count and (chunk := self._read_file()):
            self._raw, self._raw_at = self._raw[self._raw_at :] + chunk, 0
        data = self._raw[self._raw_at : self._raw_at + count]
        self._raw_at += len(data)
        return data

    def _read_file(self) -> bytes:
        with storage_errors(Path(self._where), "cannot be read"):
            chunk = self._file.read(CHUNK_BYTES)
        self.outer.update(chunk)
        return chunk

    def _refuse(self, rule: Rule, detail: str) -> NoReturn:
        raise RefusedArchive(self._where, rule, detail)
