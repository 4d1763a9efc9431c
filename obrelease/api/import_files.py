"""Record the results files of other benchmark tools."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from obrelease.api.arguments import checked_path
from obrelease.api.clock import now_ns
from obrelease.api.import_facts import CommitFacts, UserFacts, commit_facts
from obrelease.api.import_report import ImportedRun, ImportReport, RefusedFile
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.importers.folder import Folder
from obrelease.importers.formats import (
    detect_folder_importer,
    detect_importer,
    format_names,
    format_titles,
    importer_named,
    read_folder_runs,
    read_runs,
)
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.importer import Importer
from obrelease.importers.input_files import CopiedFile, InputFile, copy, expand, files_below
from obrelease.importers.source import Clock, ReadOptions, Source
from obrelease.models.artefact import ORIGINAL_STEM, Artefact
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.json_values import require_readable
from obrelease.models.validation import document_bytes
from obrelease.registry.recorded_originals import runs_of_originals
from obrelease.registry.store import Registry as Store
from obrelease.storage.durable import NewFile, make_folders
from obrelease.storage.files import MAX_DOCUMENT_BYTES
from obrelease.storage.folder_lock import exclusive_folder
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from obrelease.importers.tool_run import ToolRun
    from obrelease.models.artefact import Scalar

CLOCKS: Final[tuple[Clock, Clock]] = ("service", "response")
UNITS: Final = ("ns", "us", "ms", "s")

_BYTES_OF_METRIC: Final = 200
_BYTES_OF_FILES: Final = 512 * 1024
"""Bytes of an envelope that the list of files may add to those of the draft."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A run that was read, and the digest of its original."""

    run: ImportedRun
    draft: ArtefactDraft
    original: str


@dataclass(frozen=True, slots=True)
class _Origin:
    """The file or folder that runs come from."""

    place: str
    name: str
    modified_ns: int | None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How files are read.

    Attributes:
        importer: of the format that the user named; None to detect it.
    """

    user: UserFacts
    commit: CommitFacts
    importer: Importer | None
    options: ReadOptions
    strict: bool
    scratch: Path


def import_format_titles() -> dict[str, str]:
    """The formats by name, each with the tool and file that it is of; empty for those of plugins."""
    return format_titles()


def import_formats() -> tuple[str, ...]:
    """The names of all formats that can be imported, with those of plugins."""
    return format_names()


def import_results(
    files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format_name: str | None = None,
    registry: RegistryLike = "results",
    repository: ProjectLike | None = None,
    scenario: str | None = None,
    commit: str | None = None,
    host: str | None = None,
    labels: Mapping[str, Scalar] | None = None,
    at: str | int | None = None,
    strict: bool = False,
    keep_going: bool = False,
    dry_run: bool = False,
    unit: str = "ns",
    clock: str = "service",
    stdin: BinaryIO | None = None,
    reporter: Reporter = SILENT,
) -> ImportReport:
    """Record results files of other tools; the bytes of each file are kept in its run.

    All files are read first, and recorded only if all of them are good. A file that was imported before is
    not recorded again: the report has its first run.

    Args:
        files: what the tools wrote: paths, folders, patterns, or `-` for `stdin`.
        format_name: a name of `import_formats`; detected if None.
        registry: the registry, or its folder.
        repository: the repository whose commit is taken if neither `commit` nor the file names one, and
            only if its work tree has no changes; None for none.
        scenario, commit, host, labels, at: facts of the runs, in place of those of the files. `at` is a time
            in ISO 8601 (UTC without a zone) or in nanoseconds since 1970.
        strict: refuse a file of which a row would be left out.
        keep_going: record the good files even if others are refused; the report names those.
        dry_run: read and check everything, and record nothing.
        unit: of the values in an HdrHistogram log: `ns`, `us`, `ms` or `s`.
        clock: what such a log timed: `service`, or `response` from intended arrival.
        stdin: is read for `-`.

    Raises:
        UsageError: an unknown format, unit or clock, or a fact that no run can have.
        NotFound: a file is missing, or the repository does not have `commit`.
        InvalidInput: a file is malformed, of no known format, or holds no result.
        StorageError: the disk refused.
    """
    if unit not in UNITS or clock not in CLOCKS:
        raise UsageError(
            f"no unit {unit!r} or no clock {clock!r}",
            hint=f"units: {', '.join(UNITS)}; clocks: {', '.join(CLOCKS)}",
        )
    user = UserFacts(scenario, commit, host, dict(labels or {}), at)
    importer = importer_named(format_name) if format_name is not None else None
    _ = user.created_ns
    inputs = expand(_words(files))
    project = project_of(repository) if repository is not None else None
    store = store_of(registry)
    facts = commit_facts(
        commit,
        project,
        [file.path for file in inputs if file.path is not None],
        store,
    )
    with temporary_folder() as scratch:
        reading = _Reading(
            user,
            facts,
            importer,
            ReadOptions(unit, "response" if clock == "response" else "service"),
            strict,
            scratch,
        )
        prepared, refused, skipped = _read_all(inputs, reading, keep_going, stdin, reporter)
        runs = _known_runs(store, prepared) if dry_run else _record_all(store, prepared, reporter)
    return ImportReport(tuple(runs), tuple(refused), tuple(skipped), dry_run)


def _words(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    if isinstance(files, str | os.PathLike):
        return [str(checked_path("files", files))]
    if not isinstance(files, Iterable):
        raise UsageError(f"files is {files!r:.60}", hint="pass paths")
    return [str(checked_path("files", file)) for file in files]


def _read_all(
    inputs: Sequence[InputFile],
    reading: _Reading,
    keep_going: bool,
    stdin: BinaryIO | None,
    reporter: Reporter,
) -> tuple[list[_Prepared], list[RefusedFile], list[str]]:
    """Read every file before the first is recorded."""
    prepared: list[_Prepared] = []
    refused: list[RefusedFile] = []
    skipped: list[str] = []
    total = sum(_size(file) for file in inputs)
    with reporter.progress("import", total or None) as advance:
        for number, file in enumerate(_with_files_of_folders(inputs, reading)):
            try:
                if file.is_folder:
                    runs: list[_Prepared] | None = _read_folder(file, reading)
                else:
                    copied = copy(file, reading.scratch / f"{number}", stdin, advance)
                    runs = _read_file(file, copied, reading)
            except (InvalidInput, NotFound) as error:
                if not keep_going:
                    raise
                reason = error.message.removeprefix(f"{file.place}: ")
                refused.append(RefusedFile(file.place, reason, error.hint))
            else:
                if runs is None:
                    skipped.append(file.place)
                else:
                    prepared += runs
    if not prepared and not refused:
        raise InvalidInput(
            f"no file of a known format: {', '.join(skipped[:3])}",
            hint=f"name the format by --format; formats: {', '.join(format_names())}",
        )
    return prepared, refused, skipped


def _with_files_of_folders(inputs: Iterable[InputFile], reading: _Reading) -> Iterator[InputFile]:
    """The inputs, each once; the files of a folder in place of one that is no history."""
    seen: set[str] = set()
    for file in inputs:
        if file.path is not None and file.is_folder and _folder_importer(file, reading) is None:
            found: Iterable[InputFile] = files_below(file.path)
        else:
            found = (file,)
        for each in found:
            if each.place not in seen:
                seen.add(each.place)
                yield each


def _folder_of(file: InputFile, reading: _Reading) -> Folder:
    assert file.path is not None
    return Folder(file.path.resolve(), file.place, reading.options)


def _folder_importer(file: InputFile, reading: _Reading) -> Importer | None:
    """The importer of a folder that is a history; None for any other folder."""
    if reading.importer is not None:
        return reading.importer if reading.importer.read_folder else None
    try:
        return detect_folder_importer(_folder_of(file, reading))
    except InvalidInput:
        return None


def _read_folder(file: InputFile, reading: _Reading) -> list[_Prepared]:
    """The runs of a history, each with the part of it that is kept as its original."""
    folder = _folder_of(file, reading)
    importer = _folder_importer(file, reading)
    if importer is None:
        raise folder.error("is not of the format that it had")
    prepared = []
    for run in read_folder_runs(importer, folder):
        if run.part is None:
            raise folder.error(f"the importer {importer.name!r} gives a run without its part of the folder")
        prepared.append(_prepare(run, importer, _Origin(file.place, file.name, None), reading, run.part))
    if not prepared:
        raise folder.error("holds no run")
    return prepared


def _size(file: InputFile) -> int:
    try:
        return file.path.stat().st_size if file.path else 0
    except OSError:
        return 0


def _read_file(file: InputFile, copied: CopiedFile, reading: _Reading) -> list[_Prepared] | None:
    """The runs of one file; None for a file of a folder that is of no format."""
    source = Source(copied.path, file.place, file.name, copied.modified_ns, reading.options)
    importer = reading.importer
    if importer is None:
        try:
            importer = detect_importer(source)
        except InvalidInput:
            if not file.of_folder:
                raise
            return None
    origin = _Origin(file.place, file.name, copied.modified_ns, copied.sha256)
    prepared = [
        _prepare(run, importer, origin, reading, copied.path if run.part is None else run.part)
        for run in read_runs(importer, source)
    ]
    if not prepared:
        raise source.error("holds no run")
    return prepared


def _prepare(
    run: ToolRun, importer: Importer, origin: _Origin, reading: _Reading, content: bytes | Path
) -> _Prepared:
    user, commit = reading.user, reading.commit
    given = GivenFacts(
        now_ns=now_ns() if origin.modified_ns is None else origin.modified_ns,
        title=user.scenario,
        commit=commit.given,
        host_name=user.host,
        labels=user.labels,
        created_ns=user.created_ns,
        head_commit=commit.head,
    )
    original = NewFile(f"{ORIGINAL_STEM}{importer.suffix}", importer.media_type, content)
    draft = build_imported_run(
        run,
        original,
        given,
        format_name=importer.name,
        file_name=origin.name,
        place=origin.place,
        strict=reading.strict,
    )
    _require_readable(draft.artefact, origin.place)
    notes = list(run.notes)
    if draft.artefact.producer.commit is None and commit.head_reason:
        notes.append(f"no commit: the file names none, and {commit.head_reason}")
    digest = digest_bytes(content) if isinstance(content, bytes) else origin.sha256
    imported = ImportedRun(origin.place, importer.name, draft.artefact, None, False, tuple(notes))
    return _Prepared(imported, draft, digest)


def _require_readable(artefact: Artefact, place: str) -> None:
    """Refuse a run whose envelope no command could read again; only a large one is measured.

    Raises:
        InvalidInput: it has too many metrics, samples or parameters.
    """
    metrics = sum(_BYTES_OF_METRIC + 2 * len(each.name) + 20 * len(each.samples) for each in artefact.metrics)
    parameters = sum(len(key) + len(str(value)) for key, value in artefact.parameters.items())
    rows = sum(len(row.name) + len(row.reason) for row in artefact.left_out)
    if metrics + parameters + rows > MAX_DOCUMENT_BYTES // 2:
        where = f"{place}: as a run of {len(artefact.metrics):,} metrics"
        hint = "divide it into several files, such as by the filter of the tool"
        try:
            data = document_bytes(artefact)
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}", hint=hint) from error
        require_readable(data, where, MAX_DOCUMENT_BYTES - _BYTES_OF_FILES, hint=hint)


def _known_runs(store: Store, prepared: Sequence[_Prepared]) -> list[ImportedRun]:
    """The runs as they would be recorded, with the entries of those that are recorded already."""
    known = runs_of_originals(store, {each.original for each in prepared})
    return [replace(each.run, entry=known.get(each.original)) for each in prepared]


def _record_all(store: Store, prepared: Sequence[_Prepared], reporter: Reporter) -> list[ImportedRun]:
    """Record the runs whose originals were not imported before; one import at a time looks and records."""
    if not prepared:
        return []
    with storage_errors(store.root, "nothing was recorded"):
        make_folders(store.root)
    runs = []
    with exclusive_folder(store.root), reporter.progress("record", len(prepared)) as advance:
        known = runs_of_originals(store, {each.original for each in prepared})
        for each in prepared:
            entry = known.get(each.original)
            if entry is None:
                entry = known[each.original] = store.record(each.draft.artefact, each.draft.files)
                runs.append(replace(each.run, artefact=store.load(entry), entry=entry, recorded=True))
            else:
                runs.append(replace(each.run, artefact=store.load(entry), entry=entry))
            advance(1)
    return runs
