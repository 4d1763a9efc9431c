"""Files about a run or a release in a shared registry, such as signatures and verdicts: its referrers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import UsageError
from obrelease.registry.shared.push_run import push_file
from obrelease.remote.oci.descriptor import TITLE, Descriptor
from obrelease.remote.oci.referrers import find_referrers, push_referrer
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.storage.files import MAX_DOCUMENT_BYTES
from obrelease.storage.hashing import digest_file

ATTACHMENT_TYPE: Final = "application/vnd.obrelease.attachment.v1"

_TYPES: Final[Mapping[str, str]] = {
    ".sigstore.json": "application/vnd.dev.sigstore.bundle.v0.3+json",
    ".dsse.json": "application/vnd.in-toto+dsse",
    ".sig": "application/vnd.obrelease.signature.ssh",
    ".json": "application/vnd.obrelease.attachment.v1+json",
}
_TITLE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file about a run or a release.

    Attributes:
        title: its name.
        kind: the artifact type of its manifest.
        sha256, size: of the file: as a checked manifest states them, so the bytes can be checked.
    """

    title: str
    kind: str
    sha256: str
    size: int


def attachment_type(name: str) -> str:
    """The artifact type of a file by its name."""
    return next((kind for end, kind in _TYPES.items() if name.endswith(end)), ATTACHMENT_TYPE)


def push_attachment(client: RepositoryClient, subject: Descriptor, path: Path) -> Attachment:
    """Attach a file of at most 16 MiB; idempotent.

    Raises:
        UsageError: its name cannot be kept, or it is too large.
        RemoteError: the registry failed or refused.
        NotFound, InvalidInput, StorageError: it cannot be read.
    """
    if not _TITLE.fullmatch(path.name):
        raise UsageError(
            f"{path}: cannot be attached under this name", hint="use letters, digits, . _ and - in its name"
        )
    sha256, size = digest_file(path)
    if size > MAX_DOCUMENT_BYTES:
        raise UsageError(f"{path}: is larger than {MAX_DOCUMENT_BYTES:,} bytes, so it cannot be attached")
    push_file(client, path, sha256, size, lambda _: None)
    kind = attachment_type(path.name)
    push_referrer(client, subject, kind, Descriptor(kind, sha256, size, {TITLE: path.name}))
    return Attachment(path.name, kind, sha256, size)


def find_attachments(client: RepositoryClient, sha256: str) -> tuple[Attachment, ...]:
    """The files about a manifest; those with names or sizes that are not allowed are left out.

    Args:
        sha256: the digest of the manifest.

    Raises:
        RemoteError: the registry failed.
    """
    return tuple(
        Attachment(title, own.artifact_type or "", layer.sha256, layer.size)
        for own, manifest in find_referrers(client, sha256)
        for layer in manifest.layers
        if _TITLE.fullmatch(title := layer.annotations.get(TITLE, "")) and layer.size <= MAX_DOCUMENT_BYTES
    )
