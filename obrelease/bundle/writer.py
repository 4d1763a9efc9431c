"""Writing the archive: the same contents give the same bytes, in one bounded pass.

The gzip layer stores and does not compress. Deflate has one decoding and any number of encodings:
zlib, zlib-ng and the libraries of other systems give different bytes for the same input, and so
would a rebuild elsewhere. Stored blocks have one spelling, so the file depends on its contents alone.

What else there is, and why it is not taken. Zstandard, xz and Brotli promise their bytes as little as
zlib does, and a stock `tar -xzf` opens none of them. An encoder of our own (LZ77 with fixed Huffman
codes) would be ours to keep unchanged for ever, run at a small part of the speed in Python, and be one
more thing that a reader has to believe. The price is size: four to five times that of `gzip -9` for
our results, a megabyte; whoever serves them over HTTP may compress on the way.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import LIMITS, Limits, RefusedArchive, Rule
from obrelease.bundle.member_paths import PathRules
from obrelease.errors import IntegrityError
from obrelease.storage.files import CHUNK_BYTES, open_regular
from obrelease.storage.hashing import Hasher
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors

GZIP_HEADER: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""RFC 1952: deflate, no flags (so no name), no time, no extra flags, operating system unknown."""

STORED_BYTES: Final = 65535
"""The most that one stored block holds (RFC 1951, 3.2.4); every block but the last is full."""


@dataclass(frozen=True, slots=True)
class BundleSource:
    """A file on its way into the archive: its path there, its place here, and what it must be."""

    path: str
    file: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveDigests:
    """The digests of an archive, of the gzip file and of the tar inside it."""

    size: int
    sha256: str
    tar_size: int
    tar_sha256: str


def write_bundle(
    target: Path, top: str, sources: Sequence[BundleSource], advance: Advance, limits: Limits = LIMITS
) -> ArchiveDigests:
    """Write `sources` below the folder `top` into a new file, synced; nothing is left on failure.

    Args:
        target: a path where nothing stands yet.
        advance: called with the content bytes that went by.

    Raises:
        IntegrityError: a file's bytes are not those that its source names.
        InvalidInput: a path or a size that the reader would refuse.
        StorageError: the disk refused.
    """
    ordered = sorted(sources, key=lambda source: source.path)
    rules = PathRules(str(target), top)
    for source in ordered:
        rules.admit(f"{top}/{source.path}")
    if len(ordered) > limits.members:
        raise RefusedArchive(
            str(target), Rule.MEMBER_COUNT, f"{len(ordered)} members, at most {limits.members}"
        )
    with storage_errors(target), target.open("xb", buffering=CHUNK_BYTES) as file:
        try:
            written = _write(file, top, ordered, advance)
            file.flush()
            os.fsync(file.fileno())
            _within(str(target), written, limits)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return written


def _write(file: BinaryIO, top: str, sources: Sequence[BundleSource], advance: Advance) -> ArchiveDigests:
    stream = _Gzip(file)
    for source in sources:
        stream.write(ustar.header(f"{top}/{source.path}", source.size))
        _copy(source, stream, advance)
        stream.write(bytes(ustar.padding(source.size)))
    stream.write(ustar.END)
    return stream.close()


def _copy(source: BundleSource, stream: _Gzip, advance: Advance) -> None:
    """Send exactly `source.size` bytes, hashed as they are sent, from one descriptor."""
    digest = Hasher()
    with open_regular(source.file) as content:
        while chunk := content.read(min(CHUNK_BYTES, source.size - digest.size)):
            digest.update(chunk)
            stream.write(chunk)
            advance(len(chunk))
        more = content.read(1)
    if more or digest.size != source.size or digest.hexdigest() != source.sha256:
        raise IntegrityError(
            f"{source.file}: changed while it was packed, or is not the file of sha256 {source.sha256}",
            hint="run `obrelease validate` on the results folder, then try again",
        )


def _within(where: str, written: ArchiveDigests, limits: Limits) -> None:
    if written.tar_size > limits.total_bytes:
        raise RefusedArchive(
            where, Rule.TOTAL_SIZE, f"{written.tar_size} bytes, at most {limits.total_bytes}"
        )


class _Gzip:
    """A gzip stream of the fixed header above and stored blocks, that knows both of its digests."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting = bytearray()
        self._crc = 0
        self._outer = Hasher()
        self._inner = Hasher()
        self._put(GZIP_HEADER)

    def write(self, data: bytes) -> None:
        self._inner.update(data)
        self._crc = zlib.crc32(data, self._crc)
        self._waiting += data
        if len(self._waiting) > STORED_BYTES:
            self._store_full()

    def close(self) -> ArchiveDigests:
        self._put(_stored(len(self._waiting), last=True))
        self._put(bytes(self._waiting))
        self._put(self._crc.to_bytes(4, "little") + (self._inner.size % 2**32).to_bytes(4, "little"))
        return ArchiveDigests(
            self._outer.size, self._outer.hexdigest(), self._inner.size, self._inner.hexdigest()
        )

    def _store_full(self) -> None:
        """Store all full blocks but what may be the last."""
        full = (len(self._waiting) - 1) // STORED_BYTES
        with memoryview(self._waiting) as waiting:
            for start in range(0, full * STORED_BYTES, STORED_BYTES):
                self._put(_stored(STORED_BYTES, last=False))
                self._put(waiting[start : start + STORED_BYTES])
        del self._waiting[: full * STORED_BYTES]

    def _put(self, data: bytes | memoryview) -> None:
        self._outer.update(data)
        self._file.write(data)


def _stored(size: int, *, last: bool) -> bytes:
    """The five bytes before a stored block: the mark of the last one, the size and its complement."""
    return bytes([last]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
