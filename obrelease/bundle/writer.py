"""Deterministic writer of archives (`.tar.gz`): equal contents give equal bytes.

The gzip layer stores and does not compress. Deflate data can be encoded in many ways: zlib, zlib-ng
and other libraries give different bytes for the same input, so a rebuild elsewhere would differ.
Stored blocks have one form, so the file depends on its contents only. The reader accepts no others.

Alternatives that were rejected: Zstandard, xz and Brotli do not promise equal bytes either, and a plain
`tar -xzf` does not read them. An encoder of our own (LZ77 with fixed Huffman codes) would have to stay
unchanged for ever, would be slow in Python, and would have to be trusted by readers. The price is size:
four to five times that of `gzip -9`, about a megabyte. A web server may compress during transfer.
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
"""The maximum size of one stored block (RFC 1951, 3.2.4); every block but the last is full."""


@dataclass(frozen=True, slots=True)
class BundleSource:
    """A file to pack: its path in the archive, its path on the disk, and its expected size and sha256."""

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
    """Pack `sources` below the folder `top` into a new file and sync it; on failure nothing is left.

    Args:
        target: a path that does not exist.
        advance: called with the number of bytes packed since the last call.

    Raises:
        IntegrityError: a file does not have its expected size and sha256.
        InvalidInput: a path or a size that the reader would refuse.
        StorageError: the operating system refused.
    """
    ordered = sorted(sources, key=lambda source: source.path)
    rules = PathRules(str(target), top)
    for source in ordered:
        _accept(rules, top, source)
    if len(ordered) > limits.members:
        raise RefusedArchive(
            str(target), Rule.MEMBER_COUNT, f"{len(ordered)} members, at most {limits.members}"
        )
    with storage_errors(target), target.open("xb", buffering=CHUNK_BYTES) as file:
        try:
            written = _write(file, top, ordered, advance)
            file.flush()
            os.fsync(file.fileno())
            _check_limits(str(target), written, limits)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return written


def _accept(rules: PathRules, top: str, source: BundleSource) -> None:
    """Refuse a path that the reader would refuse, and name the file on the disk."""
    try:
        rules.accept(f"{top}/{source.path}")
    except RefusedArchive as error:
        hint = "record the run again with another name, or publish without it (--run)"
        raise RefusedArchive(
            f"{source.file}: cannot be packed", error.rule, error.detail, hint=hint
        ) from error


def _write(file: BinaryIO, top: str, sources: Sequence[BundleSource], advance: Advance) -> ArchiveDigests:
    stream = _GzipWriter(file)
    for source in sources:
        stream.write(ustar.header(f"{top}/{source.path}", source.size))
        _copy(source, stream, advance)
        stream.write(bytes(ustar.padding(source.size)))
    stream.write(ustar.END)
    return stream.close()


def _copy(source: BundleSource, stream: _GzipWriter, advance: Advance) -> None:
    """Pack exactly `source.size` bytes from one open file, and hash them on the way."""
    digest = Hasher()
    with open_regular(source.file) as content:
        while chunk := content.read(min(CHUNK_BYTES, source.size - digest.size)):
            digest.update(chunk)
            stream.write(chunk)
            advance(len(chunk))
        more = content.read(1)
    if more or digest.size != source.size or digest.hexdigest() != source.sha256:
        raise IntegrityError(
            f"{source.file}: changed while it was packed, or does not have sha256 {source.sha256}",
            hint="run `obrelease validate` on the results folder, then try again",
        )


def _check_limits(where: str, written: ArchiveDigests, limits: Limits) -> None:
    if written.tar_size > limits.total_bytes:
        raise RefusedArchive(
            where, Rule.TOTAL_SIZE, f"{written.tar_size} bytes, at most {limits.total_bytes}"
        )


class _GzipWriter:
    """A gzip stream of the fixed header and stored blocks, which hashes its input and output."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = bytearray()
        self._crc = 0
        self._outer = Hasher()
        self._inner = Hasher()
        self._write_file(GZIP_HEADER)

    def write(self, data: bytes) -> None:
        self._inner.update(data)
        self._crc = zlib.crc32(data, self._crc)
        self._buffer += data
        if len(self._buffer) > STORED_BYTES:
            self._store_full_blocks()

    def close(self) -> ArchiveDigests:
        self._write_file(_stored(len(self._buffer), last=True))
        self._write_file(bytes(self._buffer))
        self._write_file(self._crc.to_bytes(4, "little") + (self._inner.size % 2**32).to_bytes(4, "little"))
        return ArchiveDigests(
            self._outer.size, self._outer.hexdigest(), self._inner.size, self._inner.hexdigest()
        )

    def _store_full_blocks(self) -> None:
        """Store all full blocks except one that may be the last."""
        full = (len(self._buffer) - 1) // STORED_BYTES
        with memoryview(self._buffer) as buffer:
            for start in range(0, full * STORED_BYTES, STORED_BYTES):
                self._write_file(_stored(STORED_BYTES, last=False))
                self._write_file(buffer[start : start + STORED_BYTES])
        del self._buffer[: full * STORED_BYTES]

    def _write_file(self, data: bytes | memoryview) -> None:
        self._outer.update(data)
        self._file.write(data)


def _stored(size: int, *, last: bool) -> bytes:
    """The five bytes before a stored block: a flag for the last one, the size and its complement."""
    return bytes([last]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
