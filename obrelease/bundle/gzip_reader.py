"""Strict gzip reader: one member, a fixed header, limited growth, nothing after the end.

Python's `gzip` accepts several members, any header and any amount of data, and ignores trailing zeros.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from obrelease.bundle.archive_rules import Limits, RefusedArchive, Rule
from obrelease.bundle.writer import GZIP_HEADER
from obrelease.storage.files import CHUNK_BYTES
from obrelease.storage.hashing import Hasher
from obrelease.storage.system_errors import storage_errors

_TRAILER_BYTES: Final = 8


class GzipReader:
    """Decompresses a file on demand, at most `CHUNK_BYTES` ahead, and hashes input and output.

    Attributes:
        outer: the digest of the compressed bytes so far.
        inner: the digest of the decompressed bytes returned so far.
    """

    def __init__(self, file: BinaryIO, where: str, limits: Limits) -> None:
        self._file = file
        self._where = where
        self._limits = limits
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._pending = b""
        self._ready = b""
        self._at = 0
        self._crc = 0
        self._produced = 0
        self.outer = Hasher()
        self.inner = Hasher()
        self._check_header()

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the stream; `count` is at most a chunk."""
        while len(self._ready) - self._at < count and self._decompress_more():
            pass
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
        trailer = self._inflate.unused_data
        while len(trailer) <= _TRAILER_BYTES and (chunk := self._read_file()):
            trailer += chunk
        if len(trailer) > _TRAILER_BYTES:
            self._refuse(Rule.TRAILING_DATA, "data after the gzip stream")
        if len(trailer) < _TRAILER_BYTES:
            self._refuse(Rule.TRUNCATED, "the gzip trailer is incomplete")
        if trailer != self._crc.to_bytes(4, "little") + (self._produced % 2**32).to_bytes(4, "little"):
            self._refuse(Rule.GZIP_TRAILER, "the checksum or the length does not match the content")

    def _check_header(self) -> None:
        data = self._read_file()
        while data and len(data) < len(GZIP_HEADER) and (chunk := self._read_file()):
            data += chunk
        head, self._pending = data[: len(GZIP_HEADER)], data[len(GZIP_HEADER) :]
        if head[:2] != GZIP_HEADER[:2]:
            self._refuse(Rule.NOT_GZIP, "does not start like a gzip file")
        if head != GZIP_HEADER:
            self._refuse(Rule.GZIP_HEADER, "the header has a name, a time, a comment or an operating system")

    def _decompress_more(self) -> bool:
        """Decompress one more chunk; False at the end of the stream."""
        if self._inflate.eof:
            return False
        self._pending = self._pending or self._read_file()
        try:
            out = self._inflate.decompress(self._pending, CHUNK_BYTES)
        except zlib.error as error:
            self._refuse(Rule.GZIP_DATA, str(error))
        if not out and not self._pending and not self._inflate.eof:
            self._refuse(Rule.TRUNCATED, "the gzip stream is incomplete")
        self._pending = self._inflate.unconsumed_tail
        self._produced += len(out)
        self._crc = zlib.crc32(out, self._crc)
        self._ready, self._at = self._ready[self._at :] + out, 0
        self._check_limits()
        return True

    def _check_limits(self) -> None:
        limits = self._limits
        if self._produced > limits.total_bytes:
            self._refuse(Rule.TOTAL_SIZE, f"more than {limits.total_bytes} bytes after decompression")
        if self._produced > max(limits.ratio_after_bytes, limits.ratio * self.outer.size):
            self._refuse(Rule.RATIO, f"more than {limits.ratio} bytes per compressed byte")

    def _read_file(self) -> bytes:
        with storage_errors(Path(self._where), "cannot be read"):
            chunk = self._file.read(CHUNK_BYTES)
        self.outer.update(chunk)
        return chunk

    def _refuse(self, rule: Rule, detail: str) -> NoReturn:
        raise RefusedArchive(self._where, rule, detail)
