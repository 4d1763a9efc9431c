"""Manifests about another manifest: signatures, verdicts. By the registry's own list, or by tags.

Source: OCI distribution specification 1.1, "Pushing manifests with subject" and "Referrers tag schema". The
index under the fallback tag is read, changed and written, so two writers can lose an entry of it. Each
referrer therefore has a tag of its own as well, which also keeps it from the registry's garbage collection.
"""

from __future__ import annotations

import re
from typing import Final

from obrelease.errors import RemoteError
from obrelease.remote.oci.descriptor import (
    EMPTY_CONFIG,
    INDEX,
    MANIFEST,
    Descriptor,
    Manifest,
    document_bytes,
    parse_index,
    parse_manifest,
)
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.storage.hashing import digest_bytes

MAX_REFERRERS: Final = 1000
"""The most referrers of one subject that are read."""

_OWN_DIGITS: Final = 32
_ATTEMPTS: Final = 8


def push_referrer(
    client: RepositoryClient, subject: Descriptor, artifact_type: str, layer: Descriptor
) -> Descriptor:
    """Add a manifest about another one; its layer must be in the registry. Idempotent.

    Raises:
        RemoteError: the registry failed or refused.
    """
    client.push_empty_config()
    manifest = Manifest(EMPTY_CONFIG, (layer,), artifact_type, subject)
    data = manifest.to_bytes()
    own = Descriptor(MANIFEST, digest_bytes(data), len(data), artifact_type=artifact_type)
    if client.push_manifest(own.digest, data):
        return own
    client.push_manifest(f"{_fallback(subject.sha256)}.{own.sha256[:_OWN_DIGITS]}", data)
    _add_to_index(client, subject.sha256, own)
    return own


def find_referrers(client: RepositoryClient, sha256: str) -> tuple[tuple[Descriptor, Manifest], ...]:
    """The manifests about a subject, sorted by digest, each with its digest checked.

    What the registry lists and does not have, or what is about something else, is left out: a list is a hint.

    Raises:
        RemoteError: the registry failed, or lists more than `MAX_REFERRERS`.
    """
    listed = client.referrers(sha256)
    references = {each.digest for each in _listed_by_tags(client, sha256) if listed is None}
    references |= {each.digest for each in listed or ()}
    if len(references) > MAX_REFERRERS:
        raise RemoteError(f"{client.where}: sha256:{sha256} has more than {MAX_REFERRERS} referrers")
    found = []
    for reference in sorted(references):
        read = client.read_manifest(reference)
        if read is None or read[1] != MANIFEST:
            continue
        manifest = parse_manifest(read[0], f"{client.where}: manifest {reference}")
        if manifest.subject is not None and manifest.subject.sha256 == sha256:
            own = Descriptor(
                MANIFEST, digest_bytes(read[0]), len(read[0]), artifact_type=manifest.artifact_type
            )
            found.append((own, manifest))
    return tuple(found)


def _listed_by_tags(client: RepositoryClient, sha256: str) -> list[Descriptor]:
    """What the index under the fallback tag has, and what has a tag of its own."""
    pattern = re.compile(rf"{re.escape(_fallback(sha256))}\.[0-9a-f]{{{_OWN_DIGITS}}}")
    own = (client.read_manifest(tag) for tag in client.tags() if pattern.fullmatch(tag))
    tagged = [Descriptor(MANIFEST, digest_bytes(read[0]), len(read[0])) for read in own if read is not None]
    return [*_index(client, sha256), *tagged]


def _index(client: RepositoryClient, sha256: str) -> tuple[Descriptor, ...]:
    read = client.read_manifest(_fallback(sha256))
    if read is None:
        return ()
    return parse_index(read[0], f"{client.where}: index {_fallback(sha256)}")


def _add_to_index(client: RepositoryClient, sha256: str, own: Descriptor) -> None:
    """Add an entry, and look whether another writer has overwritten it."""
    for attempt in range(_ATTEMPTS):
        known = {each.sha256: each for each in _index(client, sha256)}
        if own.sha256 in known:
            return
        if attempt:
            client.transport.timing.before_retry(0)
        known[own.sha256] = own
        entries = [known[digest].to_json() for digest in sorted(known)]
        data = document_bytes({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        client.push_manifest(_fallback(sha256), data, INDEX)


def _fallback(sha256: str) -> str:
    return f"sha256-{sha256}"
