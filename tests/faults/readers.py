"""Every reader of untrusted bytes, by its name: what the tests of cost and the fuzzers call."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obengine.feeds.itch50 import read_itch50
from obengine.feeds.lobster import read_lobster
from obengine.feeds.tape import MAGIC, read_tape
from obengine.risk.limits_file import read_limits
from obrelease.analysis.histograms.histogram_log import read_merged
from obrelease.analysis.kinds.csv_table import first_difference, whole_numbers
from obrelease.bundle import sha256sums
from obrelease.bundle.reader import read_bundle
from obrelease.bundle.signing.armor import from_armor, from_base64
from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.source import Source
from obrelease.models.finding import printable
from obrelease.models.provenance import read_envelope
from obrelease.models.release_policy import read_release_policy
from obrelease.models.toml_reader import read_toml
from obrelease.models.validation import check_document
from obrelease.recorder.event_chunks import read_chunks
from obrelease.registry.pins import read_pins
from obrelease.release.verify.tag_message import digests_in, signatures_in
from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.github.responses import parse_release
from tests.unit.bundle.archives import TOP, gzipped, member


@dataclass(frozen=True)
class Reader:
    """A reader, and what is put before and after a shape so that it gets past the first check."""

    read: Callable[[bytes, Path], object]
    frames: tuple[tuple[bytes, bytes], ...] = ((b"", b""),)
    size: int = 30_000


def in_file(read: Callable[[Path], object], name: str = "input") -> Callable[[bytes, Path], object]:
    def reader(data: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return reader


def importer(name: str) -> Callable[[bytes, Path], object]:
    def reader(path: Path) -> object:
        return list(read_runs(importer_named(name), Source(path, "x", "x")))

    return in_file(reader)


def lobster(core: str) -> Callable[[bytes, Path], object]:
    def reader(data: bytes, folder: Path) -> object:
        path = folder / "X_2020-01-01_34200000_57600000_message_1.csv"
        path.write_bytes(data)
        rows = max(data.count(b"\n"), 1)
        path.with_name(path.name.replace("message", "orderbook")).write_bytes(
            b"1000100,10,1000000,10\n" * rows
        )
        return read_lobster(path, core=core)

    return reader


def directory_forge(data: bytes, folder: Path) -> object:
    release = folder / "releases" / "v1"
    (release / "assets").mkdir(parents=True, exist_ok=True)
    (release / "release.json").write_bytes(data)
    return DirectoryForge(folder / "releases").find("v1")


def github_release(data: bytes, _folder: Path) -> object:
    text = data.decode("latin-1")
    fields = {"id": 1, "draft": True, "tag_name": text, "name": text, "body": text, "assets": []}
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return parse_release(fields | {"target_commitish": text, "prerelease": False, "html_url": text})
    return None


DOCUMENT = b'{"format":"obrelease.manifest","version":1,"project":'
JSON = (
    (b"", b""),
    (DOCUMENT + b'"', b'"}'),
    (DOCUMENT + b"[", b"]}"),
    (b'{"x":{', b"}}"),
    (b'{"results":[', b"]}"),
)
TOML = (
    (b"", b""),
    (b'x = "', b'"\n'),
    (b'x = """', b'"""\n'),
    (b"x = [", b"]\n"),
    (b"x = {", b"}\n"),
    (b"x = ", b"\n"),
)
TOML_BYTES = 5_000  # tomllib needs a microsecond for each
POLICY = b'format = "obrelease.release-policy"\nversion = 1\n'

READERS: Final[dict[str, Reader]] = {
    "document": Reader(lambda data, _: check_document(data, "x"), JSON),
    "plan journal": Reader(
        lambda data, _: check_document(data, "x"),
        ((b'{"format":"obrelease.plan","version":1,"tag":"', b'"}'),),
    ),
    "settings": Reader(lambda data, _: read_toml(data, "x"), TOML, size=TOML_BYTES),
    "policy": Reader(
        lambda data, _: read_release_policy(data, "x"),
        ((POLICY, b""), (POLICY + b'project = "', b'"\n'), (POLICY + b"require = [", b"]\n")),
        size=TOML_BYTES,
    ),
    "risk limits": Reader(
        in_file(lambda path: read_limits(path, symbols=("A",), participants=("B",))),
        (*TOML, (b'version = 1\n[[limit]]\nparticipant = "', b'"\n')),
        size=TOML_BYTES,
    ),
    "table": Reader(lambda data, _: first_difference(data, b"a,b\n1,2\n"), ((b"", b""), (b"a,b\n", b"\n"))),
    "table of numbers": Reader(
        lambda data, _: whole_numbers(data, ("a", "b"), text_columns=1), ((b"", b""), (b"a,b\n", b"\n"))
    ),
    "event chunks": Reader(
        lambda data, _: read_chunks(data, "x"), ((b"", b""), (b"first_sequence,events,sha256\n", b"\n"))
    ),
    "histogram log": Reader(
        lambda data, _: read_merged(data, name="x"),
        ((b"", b""), (b"0,0,0,", b"\n"), (b"Tag=", b",0,0,0,A\n")),
    ),
    "SHA256SUMS": Reader(
        lambda data, _: sha256sums.parse(data, "x"), ((b"", b"\n"), (b"0" * 64 + b"  ", b"\n"))
    ),
    "tag message": Reader(
        lambda data, _: (digests_in(data.decode("latin-1")), signatures_in(data.decode("latin-1"))),
        ((b"", b""), (b"sums-signature: ", b"\n"), (b"bundle: sha256:", b"\n")),
    ),
    "signature armor": Reader(
        lambda data, _: from_armor(data, "x"),
        ((b"", b""), (b"-----BEGIN SSH SIGNATURE-----\n", b"\n-----END SSH SIGNATURE-----\n")),
    ),
    "signature in base64": Reader(lambda data, _: from_base64(data.decode("latin-1"), "x")),
    "provenance envelope": Reader(
        lambda data, _: read_envelope(data, "x"),
        (*JSON[:2], (b'{"payload":"', b'","payloadType":"x","signatures":[]}')),
    ),
    "bundle": Reader(in_file(read_bundle)),
    "bundle content": Reader(lambda data, folder: in_file(read_bundle)(gzipped(data), folder)),
    "bundle member": Reader(
        lambda data, folder: in_file(read_bundle)(gzipped(member(f"{TOP}/a", data)), folder)
    ),
    "google-benchmark": Reader(
        importer("google-benchmark"), (*JSON, (b'{"context":{"date":"', b'"},"benchmarks":[]}'))
    ),
    "pytest-benchmark": Reader(
        importer("pytest-benchmark"),
        (*JSON, (b'{"machine_info":{},"commit_info":{},"benchmarks":[],"datetime":"', b'"}')),
    ),
    "hyperfine": Reader(
        importer("hyperfine"),
        (
            *JSON,
            (b'{"results":[{"command":"', b'","times":[1.5]}]}'),
            (b'{"results":[{"command":"x","times":[', b"1]}]}"),
        ),
    ),
    "hlog": Reader(
        importer("hlog"), ((b"", b""), (b"Tag=", b",0,0,0,A\n"), (b"#[StartTime: ", b"\n0,0,0,A\n"))
    ),
    "tape": Reader(in_file(read_tape), ((b"", b""), (MAGIC + b"\1\0\x20\0" + bytes(4), b""))),
    "LOBSTER": Reader(lobster("reference"), ((b"", b""), (b"34200.1,1,1,10,1000000,1\n", b"\n"))),
    "LOBSTER, native": Reader(lobster("native"), ((b"", b""), (b"34200.1,1,1,10,1000000,1\n", b"\n"))),
    "ITCH": Reader(in_file(lambda path: read_itch50(path, core="reference"))),
    "ITCH in gzip": Reader(lambda data, folder: in_file(read_itch50)(gzip.compress(data, 1), folder)),
    "pins": Reader(lambda data, folder: (in_file(lambda _: None, "latest")(data, folder), read_pins(folder))),
    "release of a folder": Reader(directory_forge, (*JSON[:1], (b'{"tag":"', b'"}'))),
    "release of GitHub": Reader(github_release),
    "text for terminals": Reader(lambda data, _: printable(data.decode("latin-1"))),
}
"""Every reader by its name."""
