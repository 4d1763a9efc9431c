"""What an imported run says, against the file that it was imported from: it is imported once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.analysis.consistency import derived_values
from obrelease.analysis.consistency.derived_values import RULE
from obrelease.errors import ObreleaseError
from obrelease.importers.artefact_builder import ImportRequest
from obrelease.importers.formats import IMPORTERS
from obrelease.models.artefact import ENVELOPE_NAME, ORIGINAL_STEM, Artefact, Measurement
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.finding import Finding
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_TOLD_BY_THE_FILE: Final = ("producer", "created_ns", "host", "parameters", "histograms")


def disagreements(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """As `analysis.agreement.disagreements`; and what the original of an imported run contradicts.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    found = derived_values.disagreements(artefact, folder)
    if found or artefact.kind != "imported" or artefact.command[:2] != ("obrelease", "import"):
        return found
    return tuple(
        Finding(str(folder / where), RULE, what) for where, what in _against_original(artefact, folder)
    )


def _against_original(artefact: Artefact, folder: Path) -> Iterator[tuple[str, str]]:
    originals = [file.path for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM]
    tool, *names = artefact.command[2:]
    if len(originals) != 1 or tool not in IMPORTERS or len(names) != 1:
        yield ENVELOPE_NAME, "says that it was imported, and keeps no original of a known format"
        return
    clock = artefact.histograms[0].clock if artefact.histograms else "service"
    request = ImportRequest(
        name=names[0],
        data=read_bounded(folder / originals[0]),
        now_ns=int(artefact.created_ns),
        scenario=artefact.scenario,
        unit=str(artefact.parameters.get("unit", "ns")),
        clock=clock,
    )
    try:
        again = IMPORTERS[tool](request)
    except ObreleaseError as error:
        yield originals[0], error.message
        return
    yield from _differences(artefact, again, originals[0])


def _differences(artefact: Artefact, again: ArtefactDraft, original: str) -> Iterator[tuple[str, str]]:
    for name in _TOLD_BY_THE_FILE:
        if getattr(artefact, name) != getattr(again.artefact, name):
            yield ENVELOPE_NAME, f"{name} is not what {original} says"
    told, true = (
        {series.name: series for series in each.measurements} for each in (artefact, again.artefact)
    )
    for name in sorted(told.keys() | true.keys()):
        if told.get(name) != true.get(name):
            yield ENVELOPE_NAME, f"{name}: {_difference(told.get(name), true.get(name))}"
    kept = {file.path: file.sha256 for file in artefact.files}
    for file in again.files:
        if isinstance(file.content, bytes) and kept.pop(file.path, None) != digest_bytes(file.content):
            yield file.path, f"is not what {original} gives"
    for path in sorted(kept):
        yield path, f"does not come from {original}"


def _difference(told: Measurement | None, true: Measurement | None) -> str:
    if told is None or true is None:
        return "is missing" if told is None else "does not stand in the original"
    for at, (one, other) in enumerate(zip(told.samples, true.samples, strict=False)):
        if one != other:
            return f"sample {at} is {one}, the original says {other}"
    return f"{len(told.samples)} samples in {told.unit}, the original has {len(true.samples)} in {true.unit}"
