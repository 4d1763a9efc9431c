"""A run as an OCI manifest: it follows from the envelope alone, so every machine makes the same bytes.

The config is `artefact.json`, so the artefact digest is the digest of a blob, and a run can be fetched by
nothing else. The layers are the envelope and the files, by title: what other clients read.
"""

from __future__ import annotations

from typing import Final

from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.registry.entry import Entry
from obrelease.remote.oci.descriptor import MANIFEST, TITLE, Descriptor, Manifest
from obrelease.storage.hashing import digest_bytes

RUN_TYPE: Final = "application/vnd.obrelease.run.v1"
ENVELOPE_TYPE: Final = "application/vnd.obrelease.artefact+json"


def run_manifest(artefact: Artefact, digest: str, envelope_bytes: int) -> Manifest:
    """The manifest of a run; its tag is the artefact digest.

    Args:
        digest: the artefact digest.
        envelope_bytes: the size of the envelope as stored.
    """
    envelope = Descriptor(ENVELOPE_TYPE, digest, envelope_bytes)
    files = [
        Descriptor(file.media_type, file.sha256, file.size, {TITLE: file.path}) for file in artefact.files
    ]
    return Manifest(
        config=envelope,
        layers=(Descriptor(ENVELOPE_TYPE, digest, envelope_bytes, {TITLE: ENVELOPE_NAME}), *files),
        artifact_type=RUN_TYPE,
    )


def run_subject(artefact: Artefact, entry: Entry) -> Descriptor:
    """The manifest of a recorded run, as what refers to it names it."""
    envelope_bytes = entry.size_bytes - sum(file.size for file in artefact.files)
    data = run_manifest(artefact, entry.digest, envelope_bytes).to_bytes()
    return Descriptor(MANIFEST, digest_bytes(data), len(data))
