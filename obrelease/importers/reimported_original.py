"""An imported run against its original file, which is imported again: loading this loads every format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.analysis.consistency.derived_values import FileFinding
from obrelease.errors import ObreleaseError
from obrelease.importers.formats import format_names, importer_named, read_runs
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.source import ReadOptions, Source
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact import ENVELOPE_NAME, ORIGINAL_STEM, Artefact, FileEntry, RecordedMetric
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.storage.durable import NewFile
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

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
    """Numbers and files of an imported run that its original contradicts.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    originals = [file for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM]
    words = artefact.command[2:]
    if len(originals) != 1 or len(words) not in {_WORDS_OF_VERSION_1, _WORDS}:
        yield ENVELOPE_NAME, "names an import, but keeps no original file of a known format"
        return
    original = originals[0]
    try:
        if len(words) == _WORDS_OF_VERSION_1:
            imported = _import_as_version_1(artefact, folder / original.path)
        else:
            imported = _import(artefact, folder, original)
    except ObreleaseError as error:
        yield original.path, error.message
        return
    if imported is None:
        yield ENVELOPE_NAME, "names an import, but keeps no original file of a known format"
    else:
        yield from _differences(artefact, imported, original.path)


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
    by_user = {key: label.value for key, label in artefact.labels.items() if label.source == "user"}
    created_ns = int(artefact.created_ns)
    return GivenFacts(
        now_ns=created_ns,
        title=artefact.title,
        commit=producer.commit if sources.commit == "user" else None,
        dirty=producer.dirty if sources.commit == "user" else None,
        head_commit=producer.commit if sources.commit == "machine" else None,
        host_name=artefact.host.name if sources.host == "user" else None,
        labels=by_user,
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
