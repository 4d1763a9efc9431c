"""JSON Schemas (2020-12) of the documents: generated from the models, exported to `schemas/`, compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from obrelease.errors import InvalidInput, NotFound
from obrelease.models import artefact_version_1, manifest_version_1
from obrelease.models.artefact import ARTEFACT_VERSION, Artefact
from obrelease.models.base import Document
from obrelease.models.docstring import docstring_of
from obrelease.models.finding import Finding
from obrelease.models.manifest import MANIFEST_VERSION, BundleManifest
from obrelease.models.performance_result import RESULT_VERSION, PerformanceStatement
from obrelease.models.plan import PLAN_VERSION, Plan
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FIX: Final = "run `obrelease schema export`"

_ID: Final = "urn:obrelease:schema:"
_MAX_SCHEMA_BYTES: Final = 2**20
_OURS: Final = f'"$id": "{_ID}'.encode()


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A version of a kind of document: its short name, its version, and the model of that version."""

    name: str
    version: int
    model: type[Document]

    @property
    def format(self) -> str:
        """The value of the document's `format` field."""
        return f"obrelease.{self.name}"

    @property
    def file_name(self) -> str:
        """The schema's file name in `schemas/`."""
        return f"{self.name}.v{self.version}.schema.json"


DOCUMENTS: Final = (
    DocumentType("artefact", 1, artefact_version_1.Artefact),
    DocumentType("artefact", ARTEFACT_VERSION, Artefact),
    DocumentType("manifest", 1, manifest_version_1.BundleManifest),
    DocumentType("manifest", MANIFEST_VERSION, BundleManifest),
    DocumentType("plan", PLAN_VERSION, Plan),
)
"""Every document that this version reads, sorted by name and version; the newest version is written."""

EXPORTED: Final = (*DOCUMENTS, DocumentType("performance-result", RESULT_VERSION, PerformanceStatement))
"""Every schema in `schemas/`: the documents, and the payload of a performance statement.

That payload is named by its `predicateType` and has no `format`; bundles do not carry its schema.
"""


@cache
def _schema(kind: DocumentType) -> Mapping[str, Any]:
    schema = kind.model.model_json_schema(mode="validation", schema_generator=_Generator)
    properties = schema["properties"]
    own = {"format", "version"} & properties.keys()
    required = sorted({*schema.get("required", ()), *own})
    identity = {
        "$schema": DIALECT,
        "$id": f"{_ID}{kind.name}:{kind.version}",
        "title": f"{kind.format}, version {kind.version}",
    }
    return {**schema, **identity, "properties": properties, "required": required}


def schema_of(kind: DocumentType) -> dict[str, Any]:
    """The JSON Schema of a document as plain objects; a fresh copy that the caller may change."""
    copied: dict[str, Any] = json.loads(json.dumps(_schema(kind)))
    return copied


def schema_text(kind: DocumentType) -> str:
    """The exported schema: sorted keys, two spaces, one newline at the end."""
    return json.dumps(_schema(kind), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def export_schemas(folder: Path) -> tuple[Path, ...]:
    """Write every schema into `folder` and remove schemas of documents that no longer exist.

    Returns:
        The files that were written or removed, sorted; empty if all were up to date.

    Raises:
        StorageError: the folder cannot be written.
    """
    wanted = {kind.file_name: schema_text(kind) for kind in EXPORTED}
    changed: list[Path] = []
    with storage_errors(folder, hint="pass a folder that can be written as --schemas"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(wanted.keys() | _schema_names(folder)):
            path = folder / name
            if name not in wanted:
                path.unlink()
            elif _stored(path) != wanted[name].encode("ascii"):
                # A new file: what has this name may be a link out of the tree, or a pipe.
                path.unlink(missing_ok=True)
                with path.open("xb") as file:
                    file.write(wanted[name].encode("ascii"))
            else:
                continue
            changed.append(path)
    return tuple(changed)


def check_schemas(folder: Path) -> tuple[Finding, ...]:
    """What `export_schemas` would change in `folder`: missing, stale and extra schemas. Reads only.

    Raises:
        StorageError: a schema cannot be read.
    """
    wanted = {kind.file_name: schema_text(kind) for kind in EXPORTED}
    problems: list[Finding] = []
    with storage_errors(folder, "cannot be read"):
        for name in sorted(wanted.keys() | _schema_names(folder)):
            path = folder / name
            if name not in wanted:
                problems.append(Finding(str(path), "extra", f"no document uses this schema; {_FIX}"))
            elif _stored(path) is None:
                problems.append(
                    Finding(str(path), "missing", f"the schema does not exist, or is no regular file; {_FIX}")
                )
            elif _stored(path) != wanted[name].encode("ascii"):
                problems.append(Finding(str(path), "stale", f"differs from the models; {_FIX}"))
    return tuple(problems)


def has_exported_schemas(folder: Path) -> bool:
    """Whether a folder holds a schema of ours; a project's own schemas do not count.

    Raises:
        StorageError: a schema cannot be read.
    """
    with storage_errors(folder, "cannot be read"):
        return bool(_schema_names(folder))


def _schema_names(folder: Path) -> set[str]:
    """The file names of our schemas, recognised by their `$id`; the folder may hold others."""
    return {path.name for path in folder.glob("*.schema.json") if _OURS in (_stored(path) or b"")}


def _stored(path: Path) -> bytes | None:
    """The bytes of a schema; None if it is missing, no regular file, or larger than any of ours."""
    try:
        return read_bounded(path, _MAX_SCHEMA_BYTES)
    except (NotFound, InvalidInput):
        return None


class _Generator(GenerateJsonSchema):
    """pydantic's generator, with closed maps and without generated titles of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model is described by its docstring, whatever the interpreter keeps of it."""
        return {**super().model_schema(schema), "description": docstring_of(schema["cls"])}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A map whose keys have a pattern allows no other keys."""
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            made["additionalProperties"] = False
        return made
