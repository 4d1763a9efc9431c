"""A run against the file of another tool that it keeps, which is read again: this loads every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from obrelease.analysis.consistency.derived_values import FileFinding
from obrelease.errors import ObreleaseError
from obrelease.importers.formats import BUILT_IN, detect_importer, format_names, importer_named, read_runs
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.importer import Importer
from obrelease.importers.measured_folder import measured_folder
from obrelease.importers.measured_results import as_measured_here, with_recorded_noise, without_folder
from obrelease.importers.source import ReadOptions, Source
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact import (
    ENVELOPE_NAME,
    ORIGINAL_STEM,
    Artefact,
    FileEntry,
    RecordedMetric,
    Scalar,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.artefact_format import IMPORT_COMMAND, MEASURE_COMMAND, format_of_command
from obrelease.storage.durable import NewFile
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_NO_ORIGINAL: Final = "names the file of another tool, but keeps no original file of a known format"
_WORDS: Final = 3
_WORDS_OF_VERSION_1: Final = 2
_FIELDS_OF_THE_FILE: Final = (
    "producer",
    "created_ns",
    "host",
    "sources",
    "labels",
    "parameters",
    "histograms",
    "left_out",
)


def original_findings(artefact: Artefact, folder: Path) -> Iterator[FileFinding]:
    """Numbers and files of a run that its original contradicts.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    originals = [file for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM]
    if len(originals) != 1:
        yield ENVELOPE_NAME, _NO_ORIGINAL
        return
    original = originals[0]
    try:
        read_again = _read_again(artefact, folder, original)
    except ObreleaseError as error:
        yield original.path, error.message
        return
    if not read_again:
        yield ENVELOPE_NAME, _NO_ORIGINAL
        return
    yield from min((list(_differences(artefact, each, original.path)) for each in read_again), key=len)


def _read_again(artefact: Artefact, folder: Path, original: FileEntry) -> Sequence[ArtefactDraft]:
    """The runs that the original gives now, of which one must be the recorded one; empty if it gives none."""
    if artefact.command[:2] == MEASURE_COMMAND:
        return _measured(artefact, folder, original)
    words = len(artefact.command) - len(IMPORT_COMMAND)
    if words == _WORDS_OF_VERSION_1:
        imported = _import_as_version_1(artefact, folder / original.path)
    else:
        imported = _import(artefact, folder, original) if words == _WORDS else None
    return () if imported is None else (imported,)


def _measured(artefact: Artefact, folder: Path, original: FileEntry) -> Sequence[ArtefactDraft]:
    """The runs of the results file of a tool that `measure` started, each with what `measure` added to it."""
    path = folder / original.path
    source = Source(path, str(path), original.path)
    importer = _importer_of_measurement(artefact, source)
    kept = NewFile(original.path, original.media_type, path)
    drafts = []
    for read in read_runs(importer, source):
        where = measured_folder(read, artefact)
        run = with_recorded_noise(read if where is None else without_folder(read, where), artefact)
        draft = build_imported_run(
            run, kept, _given_to_measurement(artefact), format_name=importer.name, file_name=original.path
        )
        drafts.append(
            as_measured_here(
                draft,
                run.stable,
                machine=artefact.host.stable,
                volatile=artefact.host.volatile,
                command=artefact.command,
                timed_here=False,
            )
        )
    return drafts


def _importer_of_measurement(artefact: Artefact, source: Source) -> Importer:
    """By the format in the command; a benchmark of the settings has none there: by its tool, or the file."""
    named = format_of_command(artefact.command)
    if named is None and artefact.producer.name in BUILT_IN:
        named = artefact.producer.name
    return detect_importer(source) if named is None else importer_named(named)


def _given_to_measurement(artefact: Artefact) -> GivenFacts:
    """What `measure` knew besides the file: the commit of its side, the labels and the title of the user."""
    producer = artefact.producer
    return GivenFacts(
        now_ns=int(artefact.created_ns),
        title=artefact.title,
        commit=producer.commit,
        dirty=producer.dirty,
        labels=_labels_of_user(artefact),
    )


def _labels_of_user(artefact: Artefact) -> dict[str, Scalar]:
    return {key: label.value for key, label in artefact.labels.items() if label.source == "user"}


def _import_as_version_1(artefact: Artefact, original: Path) -> ArtefactDraft | None:
    """The original as version 1 imported it: the command is `obrelease import TOOL FILE`."""
    tool, name = artefact.command[2:]
    if tool not in IMPORTERS:
        return None
    request = ImportRequest(
        name=name,
        data=read_bounded(original),
        now_ns=int(artefact.created_ns),
        scenario=artefact.scenario,
        unit=str(artefact.parameters.get("unit", "ns")),
        clock=artefact.histograms[0].clock if artefact.histograms else "service",
    )
    return IMPORTERS[tool](request)


def _import(artefact: Artefact, folder: Path, original: FileEntry) -> ArtefactDraft | None:
    """The original as it is imported now: the command is `obrelease import --format FORMAT FILE`."""
    option, format_name, file_name = artefact.command[2:]
    if option != "--format" or format_name not in format_names():
        return None
    options = ReadOptions(
        unit=str(artefact.parameters.get("unit", "ns")),
        clock=artefact.histograms[0].clock if artefact.histograms else "service",
    )
    path = folder / original.path
    source = Source(path, str(path), file_name, options=options)
    runs = list(read_runs(importer_named(format_name), source))
    if len(runs) != 1:
        return None
    kept = NewFile(original.path, original.media_type, path)
    return build_imported_run(
        runs[0], kept, _given_facts(artefact), format_name=format_name, file_name=file_name
    )


def _given_facts(artefact: Artefact) -> GivenFacts:
    """What the user and the machine gave when a run was imported, by the sources of its facts."""
    sources, producer = artefact.sources, artefact.producer
    created_ns = int(artefact.created_ns)
    return GivenFacts(
        now_ns=created_ns,
        title=artefact.title,
        commit=producer.commit if sources.commit == "user" else None,
        dirty=producer.dirty if sources.commit == "user" else None,
        head_commit=producer.commit if sources.commit == "machine" else None,
        host_name=artefact.host.name if sources.host == "user" else None,
        labels=_labels_of_user(artefact),
        created_ns=created_ns if sources.created == "user" else None,
    )


def _differences(artefact: Artefact, imported: ArtefactDraft, original: str) -> Iterator[FileFinding]:
    for name in _FIELDS_OF_THE_FILE:
        if getattr(artefact, name) != getattr(imported.artefact, name):
            yield ENVELOPE_NAME, f"{name} is not that of {original}"
    recorded, expected = (
        {series.id: series for series in each.metrics} for each in (artefact, imported.artefact)
    )
    for name in sorted(recorded.keys() | expected.keys()):
        if recorded.get(name) != expected.get(name):
            yield ENVELOPE_NAME, f"{name}: {_describe_difference(recorded.get(name), expected.get(name))}"
    digests = {file.path: file.sha256 for file in artefact.files if file.path != original}
    for file in imported.files:
        if file.path == original:
            continue
        if isinstance(file.content, bytes) and digests.pop(file.path, None) != digest_bytes(file.content):
            yield file.path, f"is not the file that {original} gives"
    for path in sorted(digests):
        yield path, f"does not come from {original}"


def _describe_difference(recorded: RecordedMetric | None, expected: RecordedMetric | None) -> str:
    if recorded is None or expected is None:
        return "is missing" if recorded is None else "is not in the original"
    for at, (one, other) in enumerate(zip(recorded.samples, expected.samples, strict=False)):
        if one != other:
            return f"sample {at} is {one}, in the original {other}"
    if len(recorded.samples) != len(expected.samples) or recorded.unit != expected.unit:
        return (
            f"{len(recorded.samples)} samples in {recorded.unit}, "
            f"in the original {len(expected.samples)} in {expected.unit}"
        )
    names = (
        name for name in type(recorded).model_fields if getattr(recorded, name) != getattr(expected, name)
    )
    return f"its {', '.join(names)} differs from the original"
