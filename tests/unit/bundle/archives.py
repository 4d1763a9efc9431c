"""Archives for tests: ours, and ours with one thing wrong."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from obrelease.bundle import ustar
from obrelease.bundle.writer import GZIP_HEADER, STORED_BYTES, ArchiveDigests, BundleSource, write_bundle
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


def gzipped(tar: bytes, *, block_bytes: int = STORED_BYTES) -> bytes:
    """A gzip file of stored blocks, as we write it."""
    starts = range(0, len(tar), block_bytes)
    blocks = [tar[at : at + block_bytes] for at in starts] or [b""]
    body = b"".join(
        bytes([number == len(blocks)])
        + len(block).to_bytes(2, "little")
        + (len(block) ^ 0xFFFF).to_bytes(2, "little")
        + block
        for number, block in enumerate(blocks, start=1)
    )
    return GZIP_HEADER + body + trailer(tar)


def deflated(tar: bytes, *, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """A gzip file with our header, but compressed."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return GZIP_HEADER + deflate.compress(tar) + deflate.flush() + trailer(tar)


def trailer(tar: bytes) -> bytes:
    """The checksum and the length at the end of a gzip file."""
    return zlib.crc32(tar).to_bytes(4, "little") + (len(tar) % 2**32).to_bytes(4, "little")
