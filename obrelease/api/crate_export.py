"""Pack a run or a release as an RO-Crate, for Zenodo, WorkflowHub and the artefacts of papers."""

from __future__ import annotations

import mimetypes
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from obrelease.analysis.summary.metric_figures import metric_figures
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.api.arguments import checked_path
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.project_license import license_address
from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import MANIFEST_NAME, PERFORMANCE_NAME, PROVENANCE_NAME
from obrelease.bundle.ro_crate import (
    PREVIEW_NAMES,
    Crate,
    CrateFile,
    CrateRun,
    CrateValue,
    require_rocrate,
    write_crate,
)
from obrelease.errors import UsageError
from obrelease.models.artefact import ENVELOPE_NAME, UNKNOWN
from obrelease.registry.store import Registry
from obrelease.release.verify.release_files import VerifiedFiles, verify_folder
from obrelease.storage.hashing import digest_file
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.temporary import temporary_folder

MAX_VALUES: Final = 200
"""How many values of a run the metadata lists; all are in its files."""

_LAST_SECOND: Final = 253_402_300_799
_NO_ID: Final = re.compile(r"[^A-Za-z0-9._+-]+")
_TYPES: Final = {
    ".hlog": "text/plain",
    ".jsonl": "application/jsonl",
    ".sig": "text/plain",
    ".toml": "application/toml",
}
_DESCRIPTIONS: Final = {
    ".csv": "A table of the run, derived from its envelope and its histograms.",
    ".hlog": "A histogram of latencies in nanoseconds: HdrHistogram log, version 1.2.",
    ".svg": "A plot of a run.",
    ".png": "A plot of a run.",
    ".gz": "The runs of the release with their schemas and checksums.",
    ".sig": "An SSH signature of the checksums.",
}
_RELEASE_DESCRIPTIONS: Final = {
    MANIFEST_NAME: "The manifest: every file and every run of the release by digest.",
    sha256sums.NAME: "The sha256 of every file of the release.",
    PROVENANCE_NAME: "Signed provenance: an in-toto statement in a DSSE envelope.",
    PERFORMANCE_NAME: "Signed verdict of the gate: an in-toto statement in a DSSE envelope.",
}


@dataclass(frozen=True, slots=True)
class CrateReport:
    """What was written.

    Attributes:
        folder: the crate.
        identifier: the artefact digest of the run, or the sha256 of the release's manifest.
        files: how many files it has, its metadata left out.
    """

    folder: Path
    identifier: str
    files: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease crate --json` prints."""
        return {"folder": str(self.folder), "identifier": self.identifier, "files": self.files}


def export_crate(
    source: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    project: ProjectLike = ".",
    license: str | None = None,  # noqa: A002 - the word of the metadata
    reporter: Reporter = SILENT,
) -> CrateReport:
    """Write a run, or the files of a release, as an RO-Crate 1.3 into a new folder.

    Every file is hashed while it is copied. A release is verified first.

    Args:
        source: a run, as for `Registry.resolve`, or a folder of a release's files, with a `/`.
        license: an SPDX identifier such as `MIT` or `CC-BY-4.0`, or an address; that of the project's
            `pyproject.toml` if None.

    Raises:
        UsageError: no license is known, the folder exists, or `obrelease[archive]` is not installed.
        NotFound: no such run or release.
        IntegrityError, InvalidInput, CheckFailed, Conflict: the run or the release is damaged.
        StorageError: the disk refused.
    """
    require_rocrate()
    owner, target = project_of(project), checked_path("folder", folder)
    address = license_address(license, owner.root)
    text = os.fspath(source)
    if os.sep in text:
        return _release_crate(Path(text), target, address, reporter)
    return _run_crate(owner, text, target, address)


def _run_crate(owner: Project, name: str, target: Path, address: str) -> CrateReport:
    registry = Registry(owner.results_folder(must_exist=True))
    entry = registry.resolve(name)
    run = read_run(registry.load(entry), digest=entry.digest, folder=entry.folder)
    artefact = run.artefact
    envelope = entry.folder / ENVELOPE_NAME
    files = [
        CrateFile(
            ENVELOPE_NAME, envelope, envelope.stat().st_size, entry.digest, "application/json",
            "The envelope of the run: what was measured, where, by which program; lists every other file.",
        ),
        *(
            CrateFile(
                each.path, entry.folder / each.path, each.size, each.sha256, each.media_type,
                _description(each.path),
            )
            for each in artefact.files
        ),
    ]  # fmt: skip
    _refuse_own_names(file.path for file in files)
    crate = Crate(
        name=f"{owner.name}: {artefact.kind} {artefact.title}",
        description=f"Benchmark results of {artefact.producer.name} {artefact.producer.version}:"
        f" {artefact.title}, one run, recorded with obrelease.",
        identifier=entry.digest,
        published=_iso(entry.created_ns),
        license=address,
        files=files,
        runs=(_crate_run(run, [file.path for file in files]),),
    )
    write_crate(target, crate)
    return CrateReport(target, entry.digest, len(files))


def _release_crate(folder: Path, target: Path, address: str, reporter: Reporter) -> CrateReport:
    with temporary_folder() as scratch:
        verified = verify_folder(folder, scratch, reporter.progress)
        runs = [
            _crate_run(read_run(run.artefact, digest=run.facts.digest, folder=run.folder), ())
            for run in verified.runs
        ]
        files = list(_release_files(verified))
        _refuse_own_names(file.path for file in files)
        manifest = verified.manifest
        crate = Crate(
            name=f"{manifest.project} {manifest.tag}: benchmark results",
            description=f"Release {manifest.tag} of {manifest.project} at commit {manifest.commit}:"
            f" {len(runs)} runs, with checksums; `obrelease verify` checks every layer.",
            identifier=verified.manifest_sha256,
            published=max((run.ended for run in runs), default=_iso(0)),
            license=address,
            files=files,
            runs=runs,
        )
        write_crate(target, crate)
    return CrateReport(target, verified.manifest_sha256, len(files))


def _release_files(verified: VerifiedFiles) -> Iterator[CrateFile]:
    for name, sha256 in sorted(verified.digests.items()):
        path = verified.folder / name
        described = _RELEASE_DESCRIPTIONS.get(name) or _description(name)
        yield CrateFile(name, path, digest_file(path)[1], sha256, _media_type(name), described)


def _crate_run(run: Run, results: Any) -> CrateRun:
    artefact = run.artefact
    stable = artefact.host.stable
    facts = [
        ("processor", stable.cpu_model),
        ("processors", str(stable.cpu_count or "")),
        ("machine", stable.machine),
        ("system", stable.system),
        ("compiler", stable.compiler or ""),
        ("python", stable.python),
        ("commit", artefact.producer.commit or ""),
        *(("label " + key, str(value)) for key, value in artefact.label_values.items()),
    ]
    figures = metric_figures(run, ())[:MAX_VALUES]
    return CrateRun(
        digest=run.digest,
        name=f"{artefact.kind} {artefact.title}",
        command=shlex.join(artefact.command),
        program=_NO_ID.sub("-", artefact.producer.name),
        version=_NO_ID.sub("-", artefact.producer.version),
        ended=_iso(run.created_ns),
        facts=[(name, value) for name, value in facts if value and value not in (UNKNOWN, "none")],
        values=[CrateValue(each.metric.name, each.metric.unit, each.value) for each in figures],
        results=results,
    )


def _iso(created_ns: int) -> str:
    return datetime.fromtimestamp(min(created_ns // 10**9, _LAST_SECOND), UTC).isoformat()


def _media_type(name: str) -> str:
    suffix = Path(name).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"


def _description(path: str) -> str:
    if path.startswith("original."):
        return "The file that the benchmark tool wrote, byte for byte."
    return _DESCRIPTIONS.get(Path(path).suffix, "A file of the results.")


def _refuse_own_names(paths: Iterator[str]) -> None:
    if taken := sorted({path for path in paths if path in PREVIEW_NAMES}):
        raise UsageError(f"a file has the name {taken[0]}, which an RO-Crate needs for itself")
