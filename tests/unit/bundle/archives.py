"""Archives for tests: ours, and ours with one thing wrong."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from obrelease.bundle import ustar
from obrelease.bundle.writer import GZIP_HEADER, ArchiveDigests, BundleSource, write_bundle
from obrelease.storage.hashing import digest_bytes

TOP = "demo-v1"


def sources(folder: Path, contents: Mapping[str, bytes]) -> list[BundleSource]:
    """Files on the disk, one per path, ready to be packed."""
    folder.mkdir(exist_ok=True)
    made = []
    for number, (path, data) in enumerate(contents.items()):
        file = folder / str(number)
        file.write_bytes(data)
        made.append(BundleSource(path, file, len(data), digest_bytes(data)))
    return made


def write(
    folder: Path, contents: Mapping[str, bytes], name: str = "bundle.tar.gz"
) -> tuple[Path, ArchiveDigests]:
    """A bundle of these contents."""
    path = folder / name
    return path, write_bundle(path, TOP, sources(folder / f"{name}.content", contents), lambda _: None)


def member(path: str, data: bytes = b"hello") -> bytes:
    """One member as we write it."""
    return sealed(ustar.header(path, len(data))) + data + bytes(ustar.padding(len(data)))


def sealed(block: bytes) -> bytes:
    """A header with the checksum that its bytes ask for."""
    blank = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(blank) + block[156:]


def changed(path: str, at: int, value: bytes, data: bytes = b"hello") -> bytes:
    """One member whose header holds other bytes at one place, with a checksum that fits."""
    block = ustar.header(path, len(data))
    return sealed(block[:at] + value + block[at + len(value) :]) + data + bytes(ustar.padding(len(data)))


def gzipped(tar: bytes, header: bytes = GZIP_HEADER) -> bytes:
    """A gzip file as we write it."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(tar) + deflate.flush()
    trailer = zlib.crc32(tar).to_bytes(4, "little") + (len(tar) % 2**32).to_bytes(4, "little")
    return header + body + trailer
