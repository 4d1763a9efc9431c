"""What the fuzzers call besides `tests.faults.readers`, and the inputs that they start from.

A reader that needs more than bytes gets it here: the folder of a run whose envelope or one of whose files is
replaced, an index with the mark of the user, an archive of market data.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from obengine.api.errors import EngineError
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.lobster import read_lobster
from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.analysis.summary.read_run import read_run
from obrelease.api.validate_documents import validate_run
from obrelease.bundle.signing.sigstore_bundle import SigstoreVerifier, TrustedIdentity
from obrelease.cli.rendering.run_details import description
from obrelease.errors import ObreleaseError
from obrelease.importers.formats import BUILT_IN, detect_importer, importer_named, read_runs
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.models.png_rules import png_findings
from obrelease.models.svg_rules import svg_findings
from obrelease.models.validation import check_document, document_bytes
from obrelease.registry.filter import Filter
from obrelease.registry.index.database import APPLICATION_ID, FORMAT_VERSION
from obrelease.registry.index.ownership import mark_of, read_secret
from obrelease.registry.index.query import query, read_index
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from obrelease.release.collected_run import collect_run
from obrelease.release.release_contents import notes_of
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.limits import input_budget
from tests.faults.hostile_shapes import SHAPES
from tests.faults.market_data_readers import MARKET_DATA, MARKET_DATA_SEEDS
from tests.faults.readers import READERS, Reader, in_file
from tests.sigstore_authority import ISSUER, WORKFLOW, Authority, as_json, statement
from tests.small_tool_files import small_file, source_from

ROOT: Final = Path(__file__).resolve().parents[2]
SHAPE_BYTES: Final = 120
MAX_SEED_BYTES: Final = 64 * 1024
SUMS: Final = b"the sums\n"


def recorded_run(kind: str) -> Path:
    """The first recorded run of a kind in this repository."""
    return min((ROOT / "results" / kind).glob(f"*/*/{ENVELOPE_NAME}")).parent


def read_everything(folder: Path, location: str) -> None:
    """What `validate`, `list`, `show` and `publish` read of one run."""
    validate_run(folder / location)
    registry = Registry(folder)
    for entry in registry.find():
        registry.load(entry)
        with contextlib.suppress(ObreleaseError):
            description(entry, registry_run(registry, entry))
    run = collect_run(folder / location, location, hint="x")
    notes_of("demo", "v1", "0" * 40, [run])


def registry_run(registry: Registry, entry: Any) -> Any:
    """The run of an entry with all of its histograms."""
    return read_run(registry.load(entry), digest=entry.digest, folder=entry.folder)


def envelope(kind: str) -> Callable[[bytes, Path], object]:
    """Reads a run whose envelope is replaced, in the place that it names."""

    def reader(data: bytes, folder: Path) -> object:
        digest, (found_kind, scenario) = digest_bytes(data), _place(data, kind)
        location = f"{found_kind}/{scenario}/{digest[:12]}"
        shutil.rmtree(folder / "results", ignore_errors=True)
        target = folder / "results" / location
        target.parent.mkdir(parents=True)
        shutil.copytree(recorded_run(kind), target)
        (target / ENVELOPE_NAME).write_bytes(data)
        return read_everything(folder / "results", location)

    return reader


def run_file(kind: str, suffix: str) -> Callable[[bytes, Path], object]:
    """Reads a run one of whose files is replaced, with the digest and size that fit."""

    def reader(data: bytes, folder: Path) -> object:
        document = json.loads((recorded_run(kind) / ENVELOPE_NAME).read_bytes())
        entry = next(file for file in document["files"] if file["path"].endswith(suffix))
        entry |= {"size": len(data), "sha256": digest_bytes(data)}
        text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        location = f"{document['kind']}/{document['scenario']}/{digest_bytes(text)[:12]}"
        shutil.rmtree(folder / "results", ignore_errors=True)
        target = folder / "results" / location
        target.parent.mkdir(parents=True)
        shutil.copytree(recorded_run(kind), target)
        (target / ENVELOPE_NAME).write_bytes(text)
        (target / entry["path"]).write_bytes(data)
        return read_everything(folder / "results", location)

    return reader


def _place(data: bytes, kind: str) -> tuple[str, str]:
    """The kind and scenario of an envelope where a folder can have these names."""
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        document = json.loads(data)
        names = (document["kind"], document["scenario"])
        if all(
            isinstance(name, str) and name.replace("-", "").isalnum() and len(name) < 99 for name in names
        ):
            return names
    return kind, "x"


def marked_index(data: bytes, folder: Path) -> object:
    """Reads an index file whose header has this user's mark, as a damaged disk may leave it."""
    path = folder / INDEX_NAME
    path.write_bytes(b"")
    header = bytearray(data[:100].ljust(100, b"\0"))
    header[:20] = b"SQLite format 3\0" + data[16:18].ljust(2, b"\x10") + b"\1\1"
    header[60:64] = mark_of(path, read_secret(), FORMAT_VERSION).to_bytes(4, "big", signed=True)
    header[68:72] = APPLICATION_ID.to_bytes(4, "big")
    path.write_bytes(bytes(header) + data[100:])
    read_index(folder)
    return query(folder, Filter())


def lobster_archive(data: bytes, folder: Path) -> object:
    path = folder / "x.zip"
    path.write_bytes(data)
    return read_lobster(path, core="native")


def tool_file(format_name: str) -> Callable[[bytes, Path], object]:
    """Reads a file of another tool, by detection and by name; a run that is accepted is a valid document."""

    def reader(data: bytes, folder: Path) -> object:
        source = source_from(folder, data)
        with contextlib.suppress(ObreleaseError):
            detect_importer(source)
        for run in read_runs(importer_named(format_name), source):
            with contextlib.suppress(ObreleaseError):
                draft = build_imported_run(
                    run, None, GivenFacts(now_ns=0), format_name=format_name, file_name="x"
                )
                assert check_document(document_bytes(draft.artefact), "x")[1] == ()
        return None

    return reader


@cache
def _verifier() -> tuple[SigstoreVerifier, bytes]:
    authority = Authority()
    signed = as_json(authority.attest(statement({"SHA256SUMS": digest_bytes(SUMS)})))
    return SigstoreVerifier(authority.trusted_root(), "root.json"), signed


def sigstore(data: bytes, _folder: Path) -> object:
    trusted = TrustedIdentity(f"{WORKFLOW}@refs/tags/v0.9-beta", ISSUER)
    return _verifier()[0].verify(
        data,
        "x",
        digests={"SHA256SUMS": digest_bytes(SUMS)},
        message=("SHA256SUMS", SUMS),
        trusted=[trusted],
    )


FUZZED: Final[dict[str, Reader]] = {
    **READERS,
    **MARKET_DATA,
    "gate policy": Reader(in_file(read_gate_policy)),
    "SVG": Reader(lambda data, _: svg_findings(data)),
    "PNG": Reader(lambda data, _: png_findings(data)),
    "LOBSTER in zip": Reader(lobster_archive),
    "ITCH, native": Reader(in_file(lambda path: read_itch50(path, core="native"))),
    "index": Reader(marked_index),
    "Sigstore bundle": Reader(sigstore),
    **{f"file of {name}": Reader(tool_file(name)) for name in BUILT_IN},
    **{f"envelope of {kind}": Reader(envelope(kind)) for kind in ("bench", "stress", "replay")},
    "histograms of a run": Reader(run_file("bench", ".hlog")),
    "table of a run": Reader(run_file("stress", "summary.csv")),
    "event digests of a run": Reader(run_file("bench", "events.digests.csv")),
    "table of architectures": Reader(run_file("architectures", ".csv")),
}
"""Every reader that is fuzzed, by its name."""


def seeds(name: str, folder: Path) -> Iterator[bytes]:
    """Where the fuzzing of a reader starts: every shape in every frame, and real files."""
    if name.startswith("file of "):
        yield small_file(name.removeprefix("file of "))
        return
    for before, after in FUZZED[name].frames:
        yield from (before + shape(SHAPE_BYTES) + after for shape in SHAPES.values())
    for made in _made_seeds(folder).get(name, ()):
        yield made()
    for path in _real_files(name):
        if path.stat().st_size <= MAX_SEED_BYTES:
            yield path.read_bytes()


def _real_files(name: str) -> Iterator[Path]:
    results = ROOT / "results"
    if name in {"document", "plan journal"}:
        yield from sorted(results.rglob(ENVELOPE_NAME))
    elif name.startswith("envelope of "):
        yield recorded_run(name.rpartition(" ")[2]) / ENVELOPE_NAME
    elif name in {"histogram log", "hlog", "histograms of a run"}:
        yield from sorted(results.rglob("*.hlog"))
    elif name in {"table", "table of numbers", "event chunks", "event digests of a run"} or "table" in name:
        yield from sorted(results.rglob("*.csv"))
    elif name == "SVG":
        yield from sorted(results.rglob("*.svg"))
    elif name in {"settings", "policy", "gate policy", "risk limits"}:
        yield from sorted((ROOT / ".github").glob("*.toml"))
    yield from sorted((ROOT / "tests" / "data" / "imports").glob("*[.nog]"))


def _made_seeds(folder: Path) -> dict[str, tuple[Callable[[], bytes], ...]]:
    return {
        **MARKET_DATA_SEEDS,
        "LOBSTER in zip": (partial(_archive, zipfile.ZIP_STORED), partial(_archive, zipfile.ZIP_DEFLATED)),
        "index": (partial(_real_index, folder),),
        "Sigstore bundle": (lambda: _verifier()[1],),
        "PNG": (_picture,),
        "ITCH in gzip": (lambda: gzip.compress((b"\0\x0cS" + bytes(11)) * 3),),
    }


def _archive(compression: int) -> bytes:
    name = "X_2020-01-01_34200000_57600000_{}_1.csv"
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", compression) as archive:
        archive.writestr(name.format("message"), b"34200.1,1,1,10,1000000,1\n")
        archive.writestr(name.format("orderbook"), b"1000100,10,1000000,10\n")
    return memory.getvalue()


def _real_index(folder: Path) -> bytes:
    shutil.copytree(ROOT / "results" / "bench", folder / "real" / "bench")
    query(folder / "real", Filter())
    return (folder / "real" / INDEX_NAME).read_bytes()


def _picture() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def read_once(name: str, data: bytes, folder: Path) -> None:
    """Read some bytes; an error of the trees is fine, any other exception is a finding."""
    with contextlib.suppress(ObreleaseError, EngineError), input_budget():
        FUZZED[name].read(data, folder)
