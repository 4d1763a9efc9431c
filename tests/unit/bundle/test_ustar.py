"""Our archives compared with other tools: GNU tar, gzip and Python's tarfile."""

from __future__ import annotations

import gzip
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from obrelease.bundle import ustar
from obrelease.bundle.archive_rules import LIMITS, Limits, RefusedArchive, Rule
from obrelease.bundle.writer import BundleSource, write_bundle
from obrelease.errors import IntegrityError, InvalidInput, NotFound, StorageError
from obrelease.storage.hashing import digest_bytes
from tests.unit.bundle.archives import TOP, sources, write

PATHS = [
    "a",
    f"{'d' * 50}/{'n' * 49}",
    f"{'d' * 50}/{'n' * 50}",
    f"{'d' * 30}/{'e' * 90}/{'n' * 100}",
    f"{'d' * 155}/{'n' * 100}",
]


def gnu_tar(folder: Path, contents: Mapping[str, bytes]) -> bytes:
    """What GNU tar makes of these files, in ustar form and without filling up its last record."""
    for path, data in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    command = [
        "tar",
        "--create",
        "--format=ustar",
        "--blocking-factor=1",
        "--mode=0644",
        "--mtime=@315532800",
    ]
    owner = ["--owner=0", "--group=0", "--numeric-owner"]
    done = subprocess.run(
        [*command, *owner, "--", *sorted(contents)], cwd=folder, capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("path", PATHS, ids=len)
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_headers_are_those_of_gnu_tar(tmp_path: Path, path: str, size: int) -> None:
    block = ustar.header(path, size)
    assert block == gnu_tar(tmp_path, {path: bytes(size)})[: ustar.BLOCK_BYTES]
    assert ustar.parse(block, "x") == (path, size)


@pytest.mark.parametrize("path", PATHS, ids=len)
def test_the_standard_library_reads_the_headers(path: str) -> None:
    info = tarfile.TarInfo.frombuf(ustar.header(path, ustar.MAX_MEMBER_BYTES), "ascii", "strict")
    facts = (info.name, info.size, info.mode, info.mtime, info.uid, info.gid, info.uname, info.gname)
    assert facts == (path, 8**11 - 1, 0o644, 315_532_800, 0, 0, "", "")
    assert info.isreg()


@pytest.mark.parametrize(("path", "size"), [("n" * 101, 1), (f"{'d' * 156}/n", 1), ("a", 8**11)])
def test_members_that_ustar_cannot_represent_are_refused(path: str, size: int) -> None:
    with pytest.raises(InvalidInput):
        ustar.header(path, size)


def test_the_whole_tar_is_that_of_gnu_tar(tmp_path: Path) -> None:
    contents = {"b/c.csv": b"1,2\n" * 1000, "a": b"", "b/d": b"x" * 512}
    path, written = write(tmp_path, contents)
    inside = gzip.decompress(path.read_bytes())
    assert inside == gnu_tar(tmp_path / "gnu", {f"{TOP}/{name}": data for name, data in contents.items()})
    assert (written.tar_size, written.tar_sha256) == (len(inside), digest_bytes(inside))
    assert (written.size, written.sha256) == (path.stat().st_size, digest_bytes(path.read_bytes()))


def test_gnu_tar_and_gzip_accept_it_without_warnings(tmp_path: Path) -> None:
    contents = {"a": b"hello\n", f"{'d' * 60}/{'n' * 60}": b"x" * 10_000}
    path, _ = write(tmp_path, contents)
    out = tmp_path / "out"
    out.mkdir()
    for arguments in (["gzip", "-t", str(path)], ["tar", "-xzf", str(path), "-C", str(out)]):
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("", "")
    for name, data in contents.items():
        assert (out / TOP / name).read_bytes() == data


def test_a_file_with_an_unexpected_digest_leaves_no_archive(tmp_path: Path) -> None:
    (good,) = sources(tmp_path / "content", {"a": b"hello"})
    for size, sha256 in ((5, "0" * 64), (4, digest_bytes(b"hell")), (6, good.sha256)):
        target = tmp_path / "x.tar.gz"
        with pytest.raises(IntegrityError):
            write_bundle(target, TOP, [BundleSource("a", good.file, size, sha256)], lambda _: None)
        assert not target.exists()


def test_the_writer_obeys_the_rules_of_the_reader(tmp_path: Path) -> None:
    def refused(contents: dict[str, bytes], limits: Limits = LIMITS) -> Rule:
        with pytest.raises(RefusedArchive) as caught:
            write_bundle(
                tmp_path / "x.tar.gz", TOP, sources(tmp_path / "c", contents), lambda _: None, limits
            )
        assert not (tmp_path / "x.tar.gz").exists()
        return caught.value.rule

    assert refused({"../a": b""}) == Rule.PARENT_PATH
    assert refused({"a": b"", "A": b""}) == Rule.CASE_PAIR
    assert refused({"a": b"", "b": b""}, Limits(members=1)) == Rule.MEMBER_COUNT
    assert refused({"a": bytes(10_000)}, Limits(total_bytes=9_999)) == Rule.TOTAL_SIZE


def test_the_gzip_layer_is_stored_blocks_and_nothing_else(tmp_path: Path) -> None:
    """RFC 1951, 3.2.4: header bits 000 or 001, the size, its complement; all full but the last."""
    for size in (0, 1, 65535 - 1536, 65536 - 1536, 3 * 65535 - 2048, 300_000):
        (tmp_path / str(size)).mkdir()
        path, written = write(tmp_path / str(size), {"a": bytes(range(256)) * (size // 256 + 1)})
        data, at, last = path.read_bytes(), 10, 0
        sizes: list[int] = []
        while not last:
            last, length, inverse = data[at], data[at + 1 : at + 3], data[at + 3 : at + 5]
            assert last in {0, 1}
            assert bytes(byte ^ 0xFF for byte in length) == inverse
            sizes.append(int.from_bytes(length, "little"))
            at += 5 + sizes[-1]
        assert len(data) == at + 8
        assert set(sizes[:-1]) <= {65535}
        assert 0 < sizes[-1] <= 65535
        assert sum(sizes) == written.tar_size == len(gzip.decompress(data))


def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    (source,) = sources(tmp_path / "content", {"a": b"hello"})
    taken = tmp_path / "taken.tar.gz"
    taken.write_bytes(b"mine")
    with pytest.raises(StorageError):
        write_bundle(taken, TOP, [source], lambda _: None)
    assert taken.read_bytes() == b"mine"
    link = tmp_path / "link"
    link.symlink_to(source.file)
    with pytest.raises(InvalidInput):
        write_bundle(tmp_path / "x", TOP, [BundleSource("a", link, 5, source.sha256)], lambda _: None)
    with pytest.raises(NotFound):
        write_bundle(
            tmp_path / "y", TOP, [BundleSource("a", tmp_path / "absent", 5, source.sha256)], lambda _: None
        )
