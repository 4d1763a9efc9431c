"""Descriptors and manifests of the OCI image specification, written in one way and read with limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from obrelease.errors import RemoteError
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.limits import parsing

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
TITLE: Final = "org.opencontainers.image.title"

MAX_DOCUMENT_BYTES: Final = 4 * 2**20
"""The largest manifest, index or list; the specification asks registries for this much."""

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_MEDIA_TYPE: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
)
_MAX_SIZE: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of one blob or manifest: a hint until its bytes were hashed.

    Attributes:
        sha256: 64 hex digits.
    """

    media_type: str
    sha256: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None

    @property
    def digest(self) -> str:
        """The digest as OCI writes it."""
        return f"sha256:{self.sha256}"

    def to_json(self) -> dict[str, Any]:
        """The descriptor as a manifest has it."""
        value: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return value | ({"artifactType": self.artifact_type} if self.artifact_type else {})


EMPTY_BYTES: Final = b"{}"
EMPTY_CONFIG: Final = Descriptor(EMPTY, digest_bytes(EMPTY_BYTES), len(EMPTY_BYTES))
"""The config of a manifest that needs none."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image manifest."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str | None = None
    subject: Descriptor | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The same bytes for the same manifest, everywhere."""
        value: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }
        if self.artifact_type:
            value["artifactType"] = self.artifact_type
        if self.subject:
            value["subject"] = self.subject.to_json()
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return document_bytes(value)


def document_bytes(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and without blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def parse_document(data: bytes, where: str) -> dict[str, Any]:
    """A JSON object of at most `MAX_DOCUMENT_BYTES`.

    Raises:
        RemoteError: it is something else.
        InvalidInput: it exceeds the budget of the command.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise RemoteError(f"{where}: has more than {MAX_DOCUMENT_BYTES:,} bytes")
    try:
        with parsing(len(data), where):
            value = json.loads(data)
    except (ValueError, RecursionError):
        raise RemoteError(f"{where}: is not JSON") from None
    if not isinstance(value, dict):
        raise RemoteError(f"{where}: is not a JSON object")
    return value


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Read an image manifest.

    Raises:
        RemoteError: it is something else, or a field has another type.
    """
    value = parse_document(data, where)
    layers = value.get("layers")
    if value.get("schemaVersion") != 2 or value.get("mediaType", MANIFEST) != MANIFEST:
        raise RemoteError(f"{where}: is not an OCI image manifest")
    if not isinstance(layers, list):
        raise RemoteError(f"{where}: has no list of layers")
    subject, kind = value.get("subject"), value.get("artifactType")
    return Manifest(
        config=parse_descriptor(value.get("config"), where),
        layers=tuple(parse_descriptor(layer, where) for layer in layers),
        artifact_type=kind if isinstance(kind, str) else None,
        subject=None if subject is None else parse_descriptor(subject, where),
        annotations=_annotations(value.get("annotations"), where),
    )


def parse_index(data: bytes, where: str) -> tuple[Descriptor, ...]:
    """The descriptors of an image index, which is also the answer about referrers.

    Raises:
        RemoteError: it is something else, or a field has another type.
    """
    value = parse_document(data, where)
    listed = value.get("manifests")
    if value.get("mediaType", INDEX) != INDEX or not isinstance(listed, list):
        raise RemoteError(f"{where}: is not an OCI image index")
    return tuple(parse_descriptor(entry, where) for entry in listed)


def parse_descriptor(value: Any, where: str) -> Descriptor:
    """Read one descriptor.

    Raises:
        RemoteError: a field is missing or has another type, or the digest is not a sha256.
    """
    if not isinstance(value, dict):
        raise RemoteError(f"{where}: a descriptor is missing")
    media_type, size, kind = value.get("mediaType"), value.get("size"), value.get("artifactType")
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        raise RemoteError(f"{where}: a descriptor has no valid media type")
    if type(size) is not int or not 0 <= size <= _MAX_SIZE:
        raise RemoteError(f"{where}: a descriptor has no valid size")
    return Descriptor(
        media_type,
        parse_digest(value.get("digest"), where),
        size,
        _annotations(value.get("annotations"), where),
        kind if isinstance(kind, str) else None,
    )


def parse_digest(value: Any, where: str) -> str:
    """The 64 hex digits of `sha256:...`; raises `RemoteError` for anything else."""
    match = _DIGEST.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RemoteError(f"{where}: a digest is not a sha256")
    return match[1]


def _annotations(value: Any, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise RemoteError(f"{where}: annotations are not texts")
    return value
