"""The gzip layer, read with suspicion: one member, our header, bounded growth, nothing after it."""

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


class Inflater:
    """Inflates a file as it is asked to, at most `CHUNK_BYTES` ahead, and hashes both sides.

    Attributes:
        outer: the file's bytes so far.
        inner: the inflated bytes handed out so far.
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
        self._header()

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end of the stream; `count` is at most a chunk."""
        while len(self._ready) - self._at < count and self._more():
            pass
        data = self._ready[self._at : self._at + count]
        self._at += len(data)
        self.inner.update(data)
        return data

    def finish(self) -> None:
        """Prove that the stream ends here, whole.

        Raises:
            RefusedArchive: bytes are left in it or behind it, or its trailer does not fit.
        """
        if self.take(1):
            self._refuse(Rule.TRAILING_DATA, "data after the end of the archive")
        trailer = self._inflate.unused_data
        while len(trailer) <= _TRAILER_BYTES and (chunk := self._read()):
            trailer += chunk
        if len(trailer) > _TRAILER_BYTES:
            self._refuse(Rule.TRAILING_DATA, "data after the gzip stream")
        if len(trailer) < _TRAILER_BYTES:
            self._refuse(Rule.TRUNCATED, "the gzip trailer is cut")
        if trailer != self._crc.to_bytes(4, "little") + (self._produced % 2**32).to_bytes(4, "little"):
            self._refuse(Rule.GZIP_TRAILER, "the checksum or the length does not fit the content")

    def _header(self) -> None:
        data = self._read()
        while data and len(data) < len(GZIP_HEADER) and (chunk := self._read()):
            data += chunk
        head, self._pending = data[: len(GZIP_HEADER)], data[len(GZIP_HEADER) :]
        if head[:2] != GZIP_HEADER[:2]:
            self._refuse(Rule.NOT_GZIP, "does not start as a gzip file")
        if head != GZIP_HEADER:
            self._refuse(Rule.GZIP_HEADER, "a name, a time, a comment or an operating system in the header")

    def _more(self) -> bool:
        """Inflate one more chunk; False at the end of the stream."""
        if self._inflate.eof:
            return False
        self._pending = self._pending or self._read()
        try:
            out = self._inflate.decompress(self._pending, CHUNK_BYTES)
        except zlib.error as error:
            self._refuse(Rule.GZIP_DATA, str(error))
        if not out and not self._pending and not self._inflate.eof:
            self._refuse(Rule.TRUNCATED, "the gzip stream is cut")
        self._pending = self._inflate.unconsumed_tail
        self._produced += len(out)
        self._crc = zlib.crc32(out, self._crc)
        self._ready, self._at = self._ready[self._at :] + out, 0
        self._bound()
        return True

    def _bound(self) -> None:
        limits = self._limits
        if self._produced > limits.total_bytes:
            self._refuse(Rule.TOTAL_SIZE, f"more than {limits.total_bytes} bytes inside")
        if self._produced > max(limits.ratio_after_bytes, limits.ratio * self.outer.size):
            self._refuse(Rule.RATIO, f"more than {limits.ratio} bytes from each compressed one")

    def _read(self) -> bytes:
        with storage_errors(Path(self._where), "cannot be read"):
            chunk = self._file.read(CHUNK_BYTES)
        self.outer.update(chunk)
        return chunk

    def _refuse(self, rule: Rule, detail: str) -> NoReturn:
        raise RefusedArchive(self._where, rule, detail)
