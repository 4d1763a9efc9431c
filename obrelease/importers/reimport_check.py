"""Checks the numbers of a run; an imported one is imported again from its original file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.analysis.consistency.derived_values import RULE, FileFinding, check_derived_values
from obrelease.analysis.kinds.all_kinds import is_of_this_version, kind_of
from obrelease.errors import ObreleaseError
from obrelease.importers.imported_artefact import ImportRequest
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.models.artefact import ENVELOPE_NAME, ORIGINAL_STEM, Artefact, Measurement
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.finding import Finding
from obrelease.models.picture_rules import picture_rule
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_FIELDS_OF_THE_FILE: Final = ("producer", "created_ns", "host", "parameters", "histograms")


def check_numbers(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """As `check_derived_values`; and what the original of an imported run contradicts.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    found = check_derived_values(artefact, folder)
    if found or not _is_import(artefact):
        return found
    return tuple(
        Finding(str(folder / path), RULE, what) for path, what in _original_findings(artefact, folder)
    )


def numbers_derived(artefact: Artefact) -> bool:
    """Whether `check_numbers` derives the numbers of such a run again.

    Of a run of another program or of another version it checks only what every version has in common:
    such a run is hashed, and its numbers are taken as they are.
    """
    if kind_of(artefact).other_tool:
        return _is_import(artefact)
    return is_of_this_version(artefact)


def files_not_derived(artefact: Artefact) -> tuple[str, ...]:
    """Files of a run of this version that nothing is compared with, pictures and histograms apart."""
    if kind_of(artefact).other_tool:
        return ()
    known = {table.path for table in kind_of(artefact).derived_tables}
    known |= {histogram.path for histogram in artefact.histograms}
    files = (file for file in artefact.files if picture_rule(file.path, file.media_type) is None)
    return tuple(file.path for file in files if file.path not in known)


def _is_import(artefact: Artefact) -> bool:
    return kind_of(artefact).other_tool and artefact.command[:2] == ("obrelease", "import")


def _original_findings(artefact: Artefact, folder: Path) -> Iterator[FileFinding]:
    originals = [file.path for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM]
    tool, *names = artefact.command[2:]
    if len(originals) != 1 or tool not in IMPORTERS or len(names) != 1:
        yield ENVELOPE_NAME, "names an import, but keeps no original file of a known format"
        return
    request = ImportRequest(
        name=names[0],
        data=read_bounded(folder / originals[0]),
        now_ns=int(artefact.created_ns),
        scenario=artefact.scenario,
        unit=str(artefact.parameters.get("unit", "ns")),
        clock=artefact.histograms[0].clock if artefact.histograms else "service",
    )
    try:
        imported = IMPORTERS[tool](request)
    except ObreleaseError as error:
        yield originals[0], error.message
        return
    yield from _differences(artefact, imported, originals[0])


def _differences(artefact: Artefact, imported: ArtefactDraft, original: str) -> Iterator[FileFinding]:
    for name in _FIELDS_OF_THE_FILE:
        if getattr(artefact, name) != getattr(imported.artefact, name):
            yield ENVELOPE_NAME, f"{name} is not that of {original}"
    recorded, expected = (
        {series.name: series for series in each.measurements} for each in (artefact, imported.artefact)
    )
    for name in sorted(recorded.keys() | expected.keys()):
        if recorded.get(name) != expected.get(name):
            yield ENVELOPE_NAME, f"{name}: {_describe_difference(recorded.get(name), expected.get(name))}"
    digests = {file.path: file.sha256 for file in artefact.files}
    for file in imported.files:
        if isinstance(file.content, bytes) and digests.pop(file.path, None) != digest_bytes(file.content):
            yield file.path, f"is not the file that {original} gives"
    for path in sorted(digests):
        yield path, f"does not come from {original}"


def _describe_difference(recorded: Measurement | None, expected: Measurement | None) -> str:
    if recorded is None or expected is None:
        return "is missing" if recorded is None else "is not in the original"
    for at, (one, other) in enumerate(zip(recorded.samples, expected.samples, strict=False)):
        if one != other:
            return f"sample {at} is {one}, in the original {other}"
    return (
        f"{len(recorded.samples)} samples in {recorded.unit}, "
        f"in the original {len(expected.samples)} in {expected.unit}"
    )
