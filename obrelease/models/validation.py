"""Validation of documents: strict JSON, a known format and version, model, schema, canonical bytes.

Every document is checked twice, by its model and by the exported JSON Schema. `jsonschema-rs` checks the
schema because it is fast; if it refuses, `jsonschema` gives the messages. `models.sound_artefact` answers
sooner for an artefact with nothing wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from obrelease.errors import InvalidInput, ObreleaseError
from obrelease.models.artefact import Artefact
from obrelease.models.artefact_version_1 import Artefact as ArtefactVersion1
from obrelease.models.artefact_version_1 import upgraded as upgraded_artefact
from obrelease.models.base import Document
from obrelease.models.canonical_json import canonical_bytes, is_canonical
from obrelease.models.finding import Finding, printable
from obrelease.models.json_schema import DOCUMENTS, DocumentType
from obrelease.models.manifest_version_1 import BundleManifest as ManifestVersion1
from obrelease.models.manifest_version_1 import upgraded as upgraded_manifest
from obrelease.models.packaged_schemas import fast_validator, read_schema
from obrelease.models.strict_json import parse_and_compare, parse_strict

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

D = TypeVar("D", bound=Document)

_MESSAGES: Final = {"extra_forbidden": "unknown field", "missing": "is missing"}
"""Messages that replace pydantic's, by its error type."""

MAX_FINDINGS: Final = 20
"""How many broken rules of one document are reported."""


def document_bytes(document: Document) -> bytes:
    """The canonical bytes of a document: what is stored, hashed and signed."""
    return canonical_bytes(document.model_dump(mode="json"))


def read_document(data: bytes, model: type[D], where: str) -> D:
    """Read stored bytes as a document of exactly this model.

    Raises:
        InvalidInput: a rule of `check_document` is broken; the message has the first and how many there are.
    """
    document, problems = check_document(data, where)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        hint = "install a newer obrelease" if problems[0].rule == "version" else None
        raise InvalidInput(f"{problems[0]}{more}", hint=hint)
    if not isinstance(document, model):
        found = next(kind.format for kind in DOCUMENTS if isinstance(document, kind.model))
        raise InvalidInput(f"{printable(where)}: is of format {found}, not a {model.__name__}")
    return document


def read_artefact_model(data: bytes, where: str) -> Artefact:
    """Read stored bytes as an artefact of any version by its model alone, without schema and canonical bytes.

    Raises:
        InvalidInput: not strict JSON, or no artefact.
    """
    kind = _document_type(parse_strict(data, where), where)
    if isinstance(kind, Finding):
        raise InvalidInput(str(kind))
    with model_errors(where):
        document = _newest(kind.model.model_validate_json(data))
    if not isinstance(document, Artefact):
        raise InvalidInput(f"{printable(where)}: is of format {kind.format}, not an artefact")
    return document


def check_document(data: bytes, where: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Check one document against all rules.

    Rules, in order: `json` (strict JSON), `format` (a format that is known), `version` (not written
    by a newer obrelease), `model`, `schema`, and `canonical` (the bytes are RFC 8785). The model comes
    before the schema because it is a hundred times faster: most hostile documents fail there.

    Returns:
        The document if it matches its model, in the terms of the newest version, and at most
        `MAX_FINDINGS` broken rules.
    """
    try:
        value, known_canonical = parse_and_compare(data, where)
    except InvalidInput as error:
        return None, (Finding(where, "json", error.message.removeprefix(f"{where}: ")),)
    kind = _document_type(value, where)
    if isinstance(kind, Finding):
        return None, (kind,)
    document: Document | None = None
    try:
        document = kind.model.model_validate_json(data)
    except ValidationError as error:
        problems = [Finding(where, "model", line) for line in validation_messages(error)[:MAX_FINDINGS]]
    else:
        problems = [Finding(where, "schema", line) for line in _schema_messages(kind, value)]
    if not known_canonical and not is_canonical(value, data):
        problems.append(Finding(where, "canonical", "the bytes are not RFC 8785 canonical JSON"))
    return _newest(document), tuple(problems)


def _newest(document: Document | None) -> Document | None:
    if isinstance(document, ArtefactVersion1):
        return upgraded_artefact(document)
    return upgraded_manifest(document) if isinstance(document, ManifestVersion1) else document


def validation_messages(error: ValidationError) -> list[str]:
    """The errors as `$.path: message`, without the refused values."""
    lines: list[str] = []
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        message = _MESSAGES.get(detail["type"], detail["msg"].removeprefix("Value error, "))
        lines.append(f"${''.join(map(_step, detail['loc']))}: {message}")
    return lines


@contextmanager
def model_errors(
    where: str, *, kind: type[ObreleaseError] = InvalidInput, hint: str | None = None
) -> Iterator[None]:
    """Turn a failed validation by a model into an error of ours.

    Args:
        where: what was validated, such as a path; the message starts with it.
        kind: the class of the error.

    Raises:
        InvalidInput: the block raised a `ValidationError`.
    """
    try:
        yield
    except ValidationError as error:
        messages = validation_messages(error)
        more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
        raise kind(f"{where}: {messages[0]}{more}", hint=hint) from error


def _step(step: int | str) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _document_type(value: Any, where: str) -> DocumentType | Finding:
    if not isinstance(value, dict) or not isinstance(value.get("format"), str):
        return Finding(
            where, "format", f"$.format: is missing or not text; known formats: {_known_formats()}"
        )
    versions = [kind for kind in DOCUMENTS if kind.format == value["format"]]
    if not versions:
        return Finding(
            where,
            "format",
            f"$.format: unknown format {value['format']!r}; known formats: {_known_formats()}",
        )
    kind, version = versions[-1], value.get("version")
    if version is None:
        return Finding(where, "version", f"$.version: is missing; {kind.format} needs one")
    if isinstance(version, int) and not isinstance(version, bool) and version > kind.version:
        message = f"$.version: version {version} of {kind.format} was written by a newer obrelease"
        return Finding(where, "version", f"{message}; this one reads up to {kind.version}")
    is_whole = isinstance(version, int) and not isinstance(version, bool)
    return next((each for each in versions if is_whole and each.version == version), kind)


def _known_formats() -> str:
    return ", ".join(dict.fromkeys(kind.format for kind in DOCUMENTS))


@cache
def reference_validator(kind: DocumentType) -> Draft202012Validator:
    """The reference validator, `jsonschema`; it never opens a network connection."""
    from jsonschema import Draft202012Validator
    from referencing import Registry

    schema = read_schema(kind.file_name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=Registry())


def _schema_messages(kind: DocumentType, value: Any) -> Iterator[str]:
    """What is wrong by the schema; the reference validator is used only if the fast one refuses."""
    fast = fast_validator(kind.file_name)
    if fast.is_valid(value):
        return
    messages = [
        f"{error.json_path}: {error.message}"
        for error in islice(reference_validator(kind).iter_errors(value), MAX_FINDINGS)
    ]
    messages = messages or [
        f"${''.join(_step(step) for step in error.instance_path)}: {error.message}"
        for error in islice(fast.iter_errors(value), MAX_FINDINGS)
    ]
    yield from messages
