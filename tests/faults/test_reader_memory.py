"""Bombs for every reader: each ends with an exit code of ours, within 512 MiB above the idle program."""

from __future__ import annotations

import base64
import gzip
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from obengine.feeds.tape import MAGIC
from obrelease.errors import ExitCode
from tests.faults.bounded import run_bounded

IMPORTS: Final = """
import contextlib, io, os
import numpy, obengine.feeds.lobster, obengine.feeds.itch50, obengine.harness.replay
import obrelease.importers.formats, obrelease.release.verify.verify_release, obrelease.api
from obrelease.cli.app import execute
"""
RUN: Final = """
os.chdir(sys.argv[1])
with contextlib.redirect_stdout(io.StringIO()):
    code = execute(sys.argv[2:])
print(code)
"""
REFUSED: Final = {str(int(ExitCode.INVALID_INPUT))}
REFUSED_OR_TOO_LARGE: Final = REFUSED | {str(int(ExitCode.STORAGE))}
SECONDS: Final = 60


def zigzag(number: int) -> bytes:
    """A count, or a negative number of empty buckets, as HdrHistogram writes it."""
    left, written = ((number << 1) ^ (number >> 63)) & (2**64 - 1), b""
    while left >= 128:
        written, left = written + bytes([left & 127 | 128]), left >> 7
    return written + bytes([left])


def hlog(intervals: int, counts: bytes) -> bytes:
    """A histogram log whose intervals have these encoded counts."""
    payload = struct.pack(">IIIIQQd", 0x1C849313, len(counts), 0, 5, 1, 2**61, 1.0) + counts
    packed = zlib.compress(payload, 9)
    blob = base64.b64encode(struct.pack(">II", 0x1C849314, len(packed)) + packed)
    return (b"0.0,0.0,0.0," + blob + b"\n") * intervals


def run_in(folder: Path, *words: str) -> str:
    """The exit code of a command in a child with limited memory."""
    return run_bounded(IMPORTS, RUN, str(folder), *words, seconds=SECONDS)


LOGS: Final = {
    "10 intervals of a million values": hlog(10, zigzag(1) * 1_000_000),
    "20 intervals of four megabytes of zeros": hlog(20, zigzag(0) * 4_000_000),
    "one interval beyond its range": hlog(1, zigzag(-(2**50)) + zigzag(1)),
    "counts beyond 2**53": hlog(1, zigzag(2**52) * 3),
}


@pytest.mark.parametrize("name", LOGS)
def test_histogram_logs(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.hlog").write_bytes(LOGS[name])
    assert run_in(tmp_path, "import", "--format", "hlog", "x.hlog") in REFUSED


@pytest.mark.parametrize("intervals", [10, 100])
def test_one_value_behind_a_million_empty_buckets_is_read(tmp_path: Path, intervals: int) -> None:
    """Reproduced at 130 MiB for each interval before."""
    (tmp_path / "x.hlog").write_bytes(hlog(intervals, zigzag(-1_000_000) + zigzag(1)))
    assert run_in(tmp_path, "import", "--format", "hlog", "x.hlog") == str(int(ExitCode.OK))


DOCUMENTS: Final[dict[str, Callable[[], bytes]]] = {
    "deep": lambda: b"[" * 5_000_000 + b"]" * 5_000_000,
    "a million arrays": lambda: b"[" + b"[]," * 999_000 + b"1]",
    "many numbers": lambda: b'{"results":[' + b"1," * 1_499_000 + b"1]}",
    "long text": lambda: b'{"results":"' + b"x" * 15_000_000 + b'"}',
    "many keys": lambda: b"{" + b",".join(b'"%d":1' % n for n in range(700_000)) + b"}",
    "keys that repeat": lambda: b"{" + b'"a":1,' * 700_000 + b'"a":1}',
    "escapes": lambda: b'{"results":"' + b"\\u0000" * 2_600_000 + b'"}',
    "samples": lambda: b'{"results":[{"command":"x","times":[' + b"0.1," * 1_400_000 + b'"a"]}]}',
}


QUICK_DOCUMENTS: Final = ("deep", "long text")


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK_DOCUMENTS else pytest.param(name, marks=pytest.mark.nightly)
        for name in DOCUMENTS
    ],
)
@pytest.mark.parametrize("command", ["import --format hyperfine", "validate"])
def test_documents(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / "x.json").write_bytes(DOCUMENTS[name]())
    refused = REFUSED if command != "validate" else {*REFUSED, str(int(ExitCode.CHECK_FAILED))}
    assert run_in(tmp_path, *command.split(), "x.json") in refused


SETTINGS: Final[dict[str, Callable[[], bytes]]] = {
    "3,000 levels": lambda: b"x = " + b"[" * 3_000 + b"]" * 3_000,
    "3,000 tables": lambda: b"x = " + b"{a = " * 3_000 + b"1" + b"}" * 3_000,
    "3,000 parts of a key": lambda: b"a" + b".a" * 3_000 + b" = 1",
    "5,000 digits": lambda: b"x = " + b"9" * 5_000,
    "hexadecimal digits": lambda: b"x = 0x" + b"f" * 5_000,
    "many megabytes": lambda: b"# x\n" * 5_000_000,
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "file", ["pyproject.toml", pytest.param("obrelease.toml", marks=pytest.mark.nightly)]
)
def test_settings(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / file).write_bytes(SETTINGS[name]())
    assert run_in(tmp_path, "list") in REFUSED


@pytest.mark.nightly
@pytest.mark.parametrize("name", SETTINGS)
def test_policies_and_risk_limits(tmp_path: Path, name: str) -> None:
    (tmp_path / "p.toml").write_bytes(SETTINGS[name]())
    assert run_in(tmp_path, "verify", "./", "--policy", "p.toml") in REFUSED
    assert run_in(tmp_path, "run", "replay", "--risk", "p.toml") in REFUSED


@pytest.mark.nightly
def test_a_zip_archive(tmp_path: Path) -> None:
    """Two million rows in an archive of some kilobytes."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        name = "X_2020-01-01_34200000_57600000_{}_1.csv"
        archive.writestr(name.format("message"), b"34200,1,1,1,1,1\n" * 2_000_000)
        archive.writestr(name.format("orderbook"), b"2,1,1,1\n" * 2_000_000)
    assert run_in(tmp_path, "run", "replay", "x.zip") in REFUSED_OR_TOO_LARGE


@pytest.mark.nightly
def test_a_compressed_feed(tmp_path: Path) -> None:
    (tmp_path / "x.itch.gz").write_bytes(gzip.compress((b"\0\x0cS" + bytes(11)) * 30_000_000, 9))
    assert run_in(tmp_path, "run", "replay", "x.itch.gz") in REFUSED_OR_TOO_LARGE


def test_a_tape_that_is_larger_than_the_memory(tmp_path: Path) -> None:
    records = 40_000_000
    with (tmp_path / "x.obtape").open("wb") as file:
        file.write(struct.pack("<8sHHIQ32s8s", MAGIC, 1, 32, 0, records, bytes(32), bytes(8)))
        file.truncate(64 + 32 * records)
    assert run_in(tmp_path, "run", "replay", "x.obtape") in REFUSED_OR_TOO_LARGE


def test_a_release_folder_with_huge_documents(tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (release / "manifest.json").write_bytes(json.dumps({"a": 1}).encode() + b" " * 20_000_000)
    (release / "SHA256SUMS").write_bytes(b"0" * 64 + b"  " + b"a/" * 16_000_000 + b"a\n")
    assert run_in(tmp_path, "verify", "release/") in REFUSED


@pytest.mark.parametrize(
    "file", ["pyproject.toml", pytest.param("obrelease.toml", marks=pytest.mark.nightly)]
)
def test_settings_that_are_no_regular_file(tmp_path: Path, file: str) -> None:
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir):
        place = tmp_path / make.__name__.strip("<>") / file
        place.parent.mkdir()
        (place.parent / ".git").mkdir()
        make(place)
        assert run_in(place.parent, "list") in REFUSED
