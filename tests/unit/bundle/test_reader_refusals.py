"""Archives that must be refused: each by the rule that names its fault, with nothing written."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

import pytest

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import Limits, RefusedArchive, Rule
from obrelease.bundle.reader import read_bundle, unpack_bundle
from obrelease.bundle.writer import STORED_BYTES
from obrelease.errors import InvalidInput, NotFound, StorageError
from tests.unit.bundle.archives import TOP, changed, deflated, gzipped, member, write

GOOD = member(f"{TOP}/a")
A, B, C = f"{TOP}/a", f"{TOP}/b", f"{TOP}/c"
TAR = GOOD + ustar.END


def named(path: bytes) -> bytes:
    """A member whose name field holds these raw bytes."""
    return changed("x", 0, path.ljust(100, b"\0"))


TARS: dict[str, tuple[bytes, Rule]] = {
    "absolute": (named(b"/etc/passwd"), Rule.ABSOLUTE_PATH),
    "drive letter": (named(b"C:/x"), Rule.ABSOLUTE_PATH),
    "UNC share": (named(b"\\\\host\\share"), Rule.ABSOLUTE_PATH),
    "parent first": (named(b"../x"), Rule.PARENT_PATH),
    "parent inside": (named(b"demo-v1/../../x"), Rule.PARENT_PATH),
    "parent by backslash": (named(b"demo-v1\\..\\x"), Rule.PARENT_PATH),
    "dot part": (named(b"demo-v1/./x"), Rule.PARENT_PATH),
    "double slash": (named(b"demo-v1//x"), Rule.PARENT_PATH),
    "slash at the end": (named(b"demo-v1/x/"), Rule.PARENT_PATH),
    "empty name": (named(b""), Rule.PARENT_PATH),
    "name not filled by NULs": (named(b"demo-v1/x\0y"), Rule.PATH_CHARACTERS),
    "newline": (named(b"demo-v1/x\ny"), Rule.PATH_CHARACTERS),
    "escape sequence": (named(b"demo-v1/\x1b[2Jx"), Rule.PATH_CHARACTERS),
    "space": (named(b"demo-v1/a b"), Rule.PATH_CHARACTERS),
    "backslash": (named(b"demo-v1/a\\b"), Rule.PATH_CHARACTERS),
    "stream of NTFS": (named(b"demo-v1/a:b"), Rule.PATH_CHARACTERS),
    "composed letter": (named("demo-v1/é".encode()), Rule.PATH_CHARACTERS),
    "decomposed letter": (named("demo-v1/e\u0301".encode()), Rule.PATH_CHARACTERS),
    "not UTF-8": (named(b"demo-v1/\xff"), Rule.PATH_CHARACTERS),
    "Windows device": (named(b"demo-v1/con.txt"), Rule.RESERVED_NAME),
    "Windows port": (named(b"demo-v1/COM1"), Rule.RESERVED_NAME),
    "dot at the end": (named(b"demo-v1/x."), Rule.RESERVED_NAME),
    "outside the top folder": (named(b"x"), Rule.TOP_FOLDER),
    "two top folders": (GOOD + named(b"other/b"), Rule.TOP_FOLDER),
    "too long below the top": (member(f"{TOP}/{'d' * 142}/{'n' * 98}"), Rule.PATH_LENGTH),
    "hard link": (changed(A, 156, b"1"), Rule.LINK),
    "symbolic link": (changed(A, 156, b"2"), Rule.LINK),
    "character device": (changed(A, 156, b"3"), Rule.DEVICE),
    "block device": (changed(A, 156, b"4"), Rule.DEVICE),
    "pipe": (changed(A, 156, b"6"), Rule.DEVICE),
    "directory": (changed(A, 156, b"5"), Rule.DIRECTORY),
    "pax override": (changed(A, 156, b"x", b"30 path=../../../etc/passwd\n\n\n"), Rule.PAX_HEADER),
    "global pax": (changed(A, 156, b"g"), Rule.PAX_HEADER),
    "GNU long name": (changed(A, 156, b"L"), Rule.GNU_EXTENSION),
    "GNU long link": (changed(A, 156, b"K"), Rule.GNU_EXTENSION),
    "GNU sparse": (changed(A, 156, b"S"), Rule.GNU_EXTENSION),
    "GNU magic": (changed(A, 257, b"ustar  \0"), Rule.GNU_EXTENSION),
    "old type": (changed(A, 156, b"\0"), Rule.MEMBER_TYPE),
    "contiguous file": (changed(A, 156, b"7"), Rule.MEMBER_TYPE),
    "setuid": (changed(A, 100, b"0004755\0"), Rule.MODE),
    "executable": (changed(A, 100, b"0000755\0"), Rule.MODE),
    "owner": (changed(A, 108, b"0001750\0"), Rule.OWNER),
    "group": (changed(A, 116, b"0001750\0"), Rule.OWNER),
    "owner's name": (changed(A, 265, b"root"), Rule.OWNER),
    "time": (changed(A, 136, b"00000000000\0"), Rule.TIME),
    "target without link": (changed(A, 157, b"/etc/passwd"), Rule.HEADER_FIELD),
    "bytes after the prefix": (changed(A, 500, b"x"), Rule.HEADER_FIELD),
    "device numbers": (changed(A, 329, b"0000001\0"), Rule.HEADER_FIELD),
    "path split otherwise": (changed("a", 345, TOP.encode()), Rule.HEADER_FIELD),
    "binary size": (changed(A, 124, b"\x80" + bytes(10) + b"\x05"), Rule.SIZE_FIELD),
    "negative size": (changed(A, 124, b"\xff" * 12), Rule.SIZE_FIELD),
    "size with spaces": (changed(A, 124, b"          5\0"), Rule.SIZE_FIELD),
    "size not octal": (changed(A, 124, b"00000000009\0"), Rule.SIZE_FIELD),
    "size beyond the end": (changed(A, 124, b"77777777777\0"), Rule.TRUNCATED),
    "wrong checksum": (GOOD[:148] + b"000000\0 " + GOOD[156:], Rule.HEADER_CHECKSUM),
    "bytes in the padding": (GOOD[:-1] + b"x", Rule.PADDING),
    "the same path twice": (GOOD + GOOD, Rule.DUPLICATE),
    "case pair": (member(f"{TOP}/A") + GOOD, Rule.CASE_PAIR),
    "case pair of folders": (member(f"{TOP}/D/a") + member(f"{TOP}/d/b"), Rule.CASE_PAIR),
    "file, then folder": (member(f"{TOP}/d") + member(f"{TOP}/d/b"), Rule.FILE_AS_FOLDER),
    "folder, then file": (member(f"{TOP}/d/b") + member(f"{TOP}/d"), Rule.FILE_AS_FOLDER),
    "not sorted": (member(C) + member(B), Rule.ORDER),
}

FULL_BLOCK = member(A, bytes(STORED_BYTES - ustar.BLOCK_BYTES))[:STORED_BYTES]
EMPTY_BLOCK_AT_THE_END = gzipped(FULL_BLOCK)[:10] + b"\0" + gzipped(FULL_BLOCK)[11:-8] + b"\1\0\0\xff\xff"

FILES: dict[str, tuple[bytes, Rule]] = {
    "empty": (b"", Rule.NOT_GZIP),
    "zip": (b"PK\x03\x04" + bytes(40), Rule.NOT_GZIP),
    "plain tar": (TAR, Rule.NOT_GZIP),
    "name in the header": (
        gzip.compress(TAR, mtime=0)[:3] + b"\x08" + gzip.compress(TAR, mtime=0)[4:],
        Rule.GZIP_HEADER,
    ),
    "time in the header": (gzip.compress(TAR, mtime=1), Rule.GZIP_HEADER),
    "not deflate": (gzipped(TAR)[:10] + b"\xff" * 40, Rule.GZIP_DATA),
    "compressed": (deflated(TAR), Rule.STORED),
    "compressed with fixed codes": (deflated(TAR, strategy=zlib.Z_FIXED), Rule.STORED),
    "compressed as little as possible": (deflated(TAR, level=1), Rule.STORED),
    "stored in other blocks": (gzipped(TAR, block_bytes=1000), Rule.STORED),
    "empty last block": (EMPTY_BLOCK_AT_THE_END, Rule.STORED),
    "bits beside the block type": (gzipped(TAR)[:10] + b"\x09" + gzipped(TAR)[11:], Rule.GZIP_DATA),
    "length of a block damaged": (gzipped(TAR)[:11] + b"\1" + gzipped(TAR)[12:], Rule.GZIP_DATA),
    "cut header": (gzipped(TAR)[:5], Rule.GZIP_HEADER),
    "cut stream": (gzipped(TAR)[:30], Rule.TRUNCATED),
    "cut trailer": (gzipped(TAR)[:-1], Rule.TRUNCATED),
    "wrong checksum": (gzipped(TAR)[:-8] + bytes(4) + gzipped(TAR)[-4:], Rule.GZIP_TRAILER),
    "wrong length": (gzipped(TAR)[:-4] + bytes(4), Rule.GZIP_TRAILER),
    "bytes behind": (gzipped(TAR) + b"\0", Rule.TRAILING_DATA),
    "second gzip member": (gzipped(TAR) + gzipped(TAR), Rule.TRAILING_DATA),
    "second archive inside": (gzipped(TAR + TAR), Rule.TRAILING_DATA),
    "zeros after the end": (gzipped(TAR + bytes(512)), Rule.TRAILING_DATA),
    "one empty block": (gzipped(GOOD + bytes(512) + GOOD + ustar.END), Rule.TRAILING_DATA),
    "no end": (gzipped(GOOD), Rule.TRUNCATED),
    "half an end": (gzipped(GOOD + bytes(512)), Rule.TRUNCATED),
    "cut inside a member": (gzipped(GOOD[:514]), Rule.TRUNCATED),
}


def refusal(path: Path, limits: Limits | None = None) -> RefusedArchive:
    with pytest.raises(RefusedArchive) as caught:
        read_bundle(path, limits=limits or Limits())
    assert caught.value.message.isprintable()
    return caught.value


@pytest.mark.parametrize("fault", TARS)
def test_hostile_members_are_refused_by_their_rule(tmp_path: Path, fault: str) -> None:
    tar, rule = TARS[fault]
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzipped(tar + ustar.END))
    assert refusal(path).rule == rule
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", FILES)
def test_hostile_files_are_refused_by_their_rule(tmp_path: Path, fault: str) -> None:
    data, rule = FILES[fault]
    path = tmp_path / "x.tar.gz"
    path.write_bytes(data)
    assert refusal(path).rule == rule


def test_every_truncation_and_every_flipped_byte_is_detected(tmp_path: Path) -> None:
    path, written = write(tmp_path, {"a": b"hello" * 50, "b/c": b"1,2\n"})
    whole = path.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            try:
                found = read_bundle(path).written
            except RefusedArchive:
                continue
            assert found.sha256 != written.sha256


def test_bombs_stop_early(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(deflated(member(A, bytes(4_000_000)) + ustar.END))
    assert refusal(path).rule == Rule.STORED
    path.write_bytes(gzipped(member(A, bytes(4_000_000)) + ustar.END))
    assert refusal(path, Limits(total_bytes=1_000_000)).rule == Rule.TOTAL_SIZE
    path.write_bytes(gzipped(b"".join(member(f"{TOP}/{n:03}") for n in range(20)) + ustar.END))
    assert refusal(path, Limits(members=19)).rule == Rule.MEMBER_COUNT
    assert len(read_bundle(path, limits=Limits(members=20)).members) == 20


def test_archives_of_the_standard_library_are_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        info = tarfile.TarInfo(A)
        tar.addfile(info)
    path = tmp_path / "x.tar.gz"
    path.write_bytes(data.getvalue())
    assert refusal(path).rule == Rule.GZIP_HEADER


def test_the_top_folder_can_be_required(tmp_path: Path) -> None:
    path, _ = write(tmp_path, {"a": b"x"})
    assert read_bundle(path, top=TOP).top == TOP
    with pytest.raises(RefusedArchive, match="top-folder"):
        read_bundle(path, top="demo-v2")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    path, _ = write(tmp_path, {"a": b"x"})
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(InvalidInput):
        read_bundle(link)
    with pytest.raises(NotFound):
        read_bundle(tmp_path / "absent")


def test_unpacking_writes_the_content_and_overwrites_nothing(tmp_path: Path) -> None:
    contents = {"a": b"x" * 1000, "d/e/f": b""}
    path, _ = write(tmp_path, contents)
    found = read_bundle(path)
    unpack_bundle(path, tmp_path / "out", found)
    files = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes()
        for p in (tmp_path / "out").rglob("*")
        if p.is_file()
    }
    assert files == contents
    with pytest.raises(StorageError):
        unpack_bundle(path, tmp_path / "out", found)
    other, _ = write(tmp_path, {"a": b"y"}, "other.tar.gz")
    with pytest.raises(RefusedArchive, match="changed"):
        unpack_bundle(other, tmp_path / "again", found)
