"""Record the results file of another benchmark tool."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from obrelease.api.arguments import checked_path
from obrelease.api.clock import now_ns
from obrelease.api.registry import RegistryLike, store_of
from obrelease.errors import UsageError
from obrelease.importers.version_1_formats import IMPORTERS
from obrelease.importers.version_1_import import ImportRequest
from obrelease.registry.entry import Entry
from obrelease.storage.files import read_bounded

IMPORT_FORMATS: Final = tuple(IMPORTERS)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The run that was recorded, and how many measurements and histograms it has."""

    entry: Entry
    measurements: int
    histograms: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease import --json` prints."""
        return {
            "run": self.entry.as_json(),
            "measurements": self.measurements,
            "histograms": self.histograms,
        }


def import_results(
    format_name: str,
    file: str | os.PathLike[str],
    *,
    registry: RegistryLike = "results",
    scenario: str | None = None,
    unit: str = "ns",
    clock: str = "service",
) -> ImportReport:
    """Record the results file of another tool; its bytes are kept in the run.

    Args:
        format_name: `google-benchmark`, `pytest-benchmark`, `hyperfine` or `hlog`.
        file: what the tool wrote: one process, one file.
        registry: the registry, or its folder.
        scenario: overrides the scenario name that the file suggests.
        unit: of the values in an hlog: `ns`, `us` or `ms`.
        clock: what an hlog timed: `service`, or `response` from intended arrival.

    Raises:
        UsageError: an unknown format, unit or clock.
        NotFound: the file is missing.
        InvalidInput: the file is malformed, or holds no measurement.
        StorageError: the disk refused.
    """
    if format_name not in IMPORTERS:
        raise UsageError(f"unknown format {format_name!r}", hint=f"formats: {', '.join(IMPORT_FORMATS)}")
    path = checked_path("file", file)
    request = ImportRequest(path.name, read_bounded(path), now_ns(), scenario, unit, clock)
    draft = IMPORTERS[format_name](request)
    entry = store_of(registry).record(draft.artefact, draft.files)
    return ImportReport(entry, len(draft.artefact.metrics), len(draft.artefact.histograms))
