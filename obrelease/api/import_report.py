"""What an import did: the runs, the rows that were left out, and the files that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from obrelease.models.artefact import Artefact
from obrelease.registry.entry import Entry


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One run of one file.

    Attributes:
        file: as the user named it.
        format: the name of the format.
        artefact: the run; of one that is recorded already, the artefact as it was recorded.
        entry: where it is recorded; None if nothing was recorded because that was not asked for.
        recorded: False if the bytes were imported before, and `entry` is that run.
        notes: how the file was read, and where facts come from.
    """

    file: str
    format: str
    artefact: Artefact
    entry: Entry | None
    recorded: bool
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The run for `obrelease import --json`."""
        artefact = self.artefact
        return {
            "file": self.file,
            "format": self.format,
            "title": artefact.title,
            "run": self.entry.as_json() if self.entry else None,
            "recorded": self.recorded,
            "metrics": len(artefact.metrics),
            "histograms": len(artefact.histograms),
            "left_out": [{"name": row.name, "reason": row.reason} for row in artefact.left_out],
            "commit": artefact.producer.commit,
            "host": artefact.host.name,
            "created_ns": artefact.created_ns,
            "sources": artefact.sources.model_dump(mode="json"),
            "labels": {key: label.value for key, label in artefact.labels.items()},
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not imported, and why."""

    file: str
    reason: str
    hint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The file for `obrelease import --json`."""
        return {"file": self.file, "reason": self.reason, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        runs: in the order of the files, and of the runs in a file.
        refused: files with errors, if the import went on without them.
        skipped: files of a folder that are of no format.
        dry_run: whether nothing was recorded because that was asked for.
    """

    runs: tuple[ImportedRun, ...]
    refused: tuple[RefusedFile, ...] = ()
    skipped: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def entry(self) -> Entry:
        """The run of an import of one run.

        Raises:
            ValueError: there are several runs, or nothing was recorded.
        """
        (run,) = self.runs
        if run.entry is None:
            raise ValueError("nothing was recorded")
        return run.entry

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease import --json` prints."""
        return {
            "dry_run": self.dry_run,
            "runs": [run.to_json() for run in self.runs],
            "refused": [file.to_json() for file in self.refused],
            "skipped": list(self.skipped),
        }
