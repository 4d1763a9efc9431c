"""The JSON Schemas of the documents: exported, and compared with the models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obrelease.errors import CheckFailed
from obrelease.models import json_schema
from obrelease.models.finding import Finding


@dataclass(frozen=True, slots=True)
class SchemaExport:
    """The schemas in a folder after an export; `changed` were written or removed."""

    folder: Path
    changed: tuple[Path, ...]
    total: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease schema export --json` prints."""
        return {"folder": str(self.folder), "changed": [path.name for path in self.changed]}


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """The schemas in a folder against the models; `problems` is empty if they are equal."""

    folder: Path
    problems: tuple[Finding, ...]
    total: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease schema check --json` prints."""
        return {
            "folder": str(self.folder),
            "problems": [problem.as_json() for problem in self.problems],
        }

    def require_equal(self) -> None:
        """Raise if the schemas differ.

        Raises:
            CheckFailed: counts them.
        """
        if self.problems:
            count = f"{len(self.problems)} schema{'' if len(self.problems) == 1 else 's'}"
            raise CheckFailed(
                f"{self.folder}: {count} not equal to the models", hint="run `obrelease schema export`"
            )


def export_schemas(folder: Path) -> SchemaExport:
    """Write the schemas of all documents; schemas of documents that no longer exist are removed.

    Raises:
        StorageError: the disk refused.
    """
    return SchemaExport(folder, tuple(json_schema.export_schemas(folder)), len(json_schema.EXPORTED))


def check_schemas(folder: Path) -> SchemaCheck:
    """Compare the exported schemas with the models.

    Raises:
        StorageError: the folder cannot be read.
    """
    return SchemaCheck(folder, tuple(json_schema.check_schemas(folder)), len(json_schema.EXPORTED))
