"""Small inputs that would become huge: each is refused within 2 s of the processor and 512 MiB."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import LIMITS
from obrelease.bundle.writer import GZIP_HEADER
from tests.faults.bounded import run_bounded
from tests.unit.bundle.archives import TOP, gzipped, member

READ_ARCHIVE = """
try:
    print(len(read_bundle(Path(sys.argv[1])).members))
except RefusedArchive as error:
    print(error.rule)
"""
READ_DOCUMENT = """
try:
    print(read_document(read_bounded(Path(sys.argv[1])), BundleManifest, "x"))
except InvalidInput as error:
    print("refused:", error.message[-60:])
"""
ARCHIVE_IMPORTS = """
from pathlib import Path
from obrelease.bundle.reader import read_bundle
from obrelease.bundle.archive_rules import RefusedArchive
"""
DOCUMENT_IMPORTS = """
from pathlib import Path
from obrelease.errors import InvalidInput
from obrelease.storage.files import read_bounded
from obrelease.models.manifest import BundleManifest
from obrelease.models.validation import read_document
"""


def squeeze(path: Path, blocks: Iterator[bytes]) -> Path:
    """A gzip file as ours, from blocks that need not fit into memory together."""
    deflate, crc, size = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS), 0, 0
    with path.open("wb") as file:
        file.write(GZIP_HEADER)
        for block in blocks:
            crc, size = zlib.crc32(block, crc), size + len(block)
            file.write(deflate.compress(block))
        file.write(deflate.flush() + crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little"))
    return path


def one_huge_member() -> Iterator[bytes]:
    yield ustar.header(f"{TOP}/zeros", 2**30)
    for _ in range(256):
        yield bytes(2**20)


def members_beyond_the_limit() -> Iterator[bytes]:
    """The reader stops at its limit, so this many more represent a million."""
    for number in range(LIMITS.members + 1_000):
        yield ustar.header(f"{TOP}/{number:07}", 0)
    yield ustar.END


def an_archive_in_an_archive() -> Iterator[bytes]:
    inner = zlib.compress(bytes(64 * 2**20), 9)
    for _ in range(3):
        inner = zlib.compress(member(f"{TOP}/x", inner), 9)
    yield member(f"{TOP}/nested.tar.gz", inner)
    yield ustar.END


@pytest.mark.parametrize(
    ("blocks", "answer"),
    [
        (one_huge_member, "stored"),
        (members_beyond_the_limit, "stored"),
        (an_archive_in_an_archive, "stored"),
    ],
)
def test_compressed_archives_are_refused_before_they_grow(
    tmp_path: Path, blocks: object, answer: str
) -> None:
    assert callable(blocks)
    path = squeeze(tmp_path / "bomb.tar.gz", blocks())
    assert run_bounded(ARCHIVE_IMPORTS, READ_ARCHIVE, str(path), seconds=2) == answer


@pytest.mark.parametrize(
    ("blocks", "answer"), [(members_beyond_the_limit, "member-count"), (an_archive_in_an_archive, "1")]
)
def test_archives_stop_early_or_stay_small(tmp_path: Path, blocks: object, answer: str) -> None:
    assert callable(blocks)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzipped(b"".join(blocks())))
    assert run_bounded(ARCHIVE_IMPORTS, READ_ARCHIVE, str(path), seconds=2) == answer


def test_a_string_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.write(b'{"format":"obrelease.manifest","project":"')
        file.truncate(2**30)
    assert "larger than" in run_bounded(DOCUMENT_IMPORTS, READ_DOCUMENT, str(path), seconds=2)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 8_000_000,
        b'{"format":"obrelease.manifest","version":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'"' + b"a" * 15_000_000 + b'"',
        b"[" + b"1," * 7_000_000 + b"1]",
        b"9" * 15_000_000,
        b"{" + b",".join(b'"%d":1' % number for number in range(749_000)) + b"}",
        b"[" + b"9007199254740993," * 900_000 + b"1]",
    ],
    ids=[
        "open",
        "deep list",
        "deep object",
        "8 M brackets",
        "deep field",
        "string",
        "long list",
        "digits",
        "keys",
        "large numbers",
    ],
)
def test_documents_stop_early(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(text)
    assert run_bounded(DOCUMENT_IMPORTS, READ_DOCUMENT, str(path), seconds=2).startswith("refused:")
