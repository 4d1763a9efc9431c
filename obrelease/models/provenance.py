"""The provenance of a release: a DSSE envelope around an in-toto Statement with SLSA provenance.

Sources: DSSE v1 (envelope, PAE), in-toto Attestation Statement v1, SLSA Provenance v1.
The models are closed: unknown fields are neither signed nor accepted.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from obrelease.errors import IntegrityError, InvalidInput
from obrelease.models.base import AssetName, Commit, Digest, Document, RelativePath, Slug
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.manifest import BundleManifest
from obrelease.models.strict_json import parse_strict
from obrelease.models.validation import model_errors
from obrelease.models.version_tag import TagText

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_BYTES: Final = 32 * 2**20
BUILD_TYPE: Final = "urn:obrelease:bundle:v1"
BUILDER: Final = "urn:obrelease:publish:v1"
"""The builder: this program, run by the person who signs. It claims no SLSA level."""


class Sha256(Document):
    """A digest set of one algorithm."""

    sha256: Digest


class GitCommit(Document):
    """A digest set that names a commit."""

    git_commit: Annotated[Commit, Field(alias="gitCommit")]


class Subject(Document):
    """A file that the statement speaks of."""

    name: AssetName
    digest: Sha256


class SourceDependency(Document):
    """The commit that the release was made from."""

    name: Literal["source"] = "source"
    digest: GitCommit


class RunDependency(Document):
    """A run that went into the bundle, by its path there and its artefact digest."""

    name: RelativePath
    digest: Sha256


class ExternalParameters(Document):
    """What was asked for."""

    project: Slug
    tag: TagText


class BuildDefinition(Document):
    """What went in. The first dependency is the commit, the others are the runs."""

    build_type: Annotated[Literal["urn:obrelease:bundle:v1"], Field(alias="buildType")]
    external_parameters: Annotated[ExternalParameters, Field(alias="externalParameters")]
    resolved_dependencies: Annotated[
        tuple[SourceDependency | RunDependency, ...], Field(alias="resolvedDependencies", min_length=1)
    ]


class Builder(Document):
    """Who ran the build."""

    id: Literal["urn:obrelease:publish:v1"] = BUILDER


class RunDetails(Document):
    """How it ran: nothing that differs from one rebuild to the next."""

    builder: Builder = Builder()


class Provenance(Document):
    """SLSA Provenance v1."""

    build_definition: Annotated[BuildDefinition, Field(alias="buildDefinition")]
    run_details: Annotated[RunDetails, Field(alias="runDetails")]


class Statement(Document):
    """An in-toto Statement v1."""

    type_: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[tuple[Subject, ...], Field(min_length=1)]
    predicate_type: Annotated[Literal["https://slsa.dev/provenance/v1"], Field(alias="predicateType")]
    predicate: Provenance


class EnvelopeSignature(Document):
    """An SSH signature over the PAE, as base64 of its binary form, and its key's fingerprint."""

    keyid: Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]
    sig: Annotated[str, StringConstraints(max_length=100_000)]


class Envelope(Document):
    """A DSSE envelope with one signature."""

    payload: str
    payload_type: Annotated[str, Field(alias="payloadType", max_length=200)]
    signatures: Annotated[tuple[EnvelopeSignature, ...], Field(min_length=1, max_length=1)]


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement_bytes(manifest: BundleManifest, digests: Mapping[str, str]) -> bytes:
    """The payload: the statement about the files of a release, given by name with their sha256.

    Equal releases give equal bytes, so that a rebuild can be compared with the signed statement.
    """
    runs = [{"name": run.path, "digest": {"sha256": run.digest}} for run in manifest.runs]
    source = {"name": "source", "digest": {"gitCommit": manifest.commit}}
    return canonical_bytes(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digests[name]}} for name in sorted(digests)],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": {"project": manifest.project, "tag": manifest.tag},
                    "resolvedDependencies": [source, *runs],
                },
                "runDetails": {"builder": {"id": BUILDER}},
            },
        },
        limit=MAX_BYTES,
    )


def envelope_bytes(payload: bytes, keyid: str, sig: str) -> bytes:
    """The file `provenance.dsse.json`."""
    return canonical_bytes(
        {
            "payload": base64.b64encode(payload).decode("ascii"),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": keyid, "sig": sig}],
        },
        limit=MAX_BYTES,
    )


def read_envelope(data: bytes, where: str) -> tuple[Envelope, bytes]:
    """The envelope and its payload, which is decoded once and not encoded again.

    Raises:
        InvalidInput: it is not a DSSE envelope in canonical JSON, or has not exactly one signature.
        IntegrityError: the payload has another type.
    """
    value = parse_strict(data, where, limit=MAX_BYTES)
    if canonical_bytes(value, limit=MAX_BYTES) != data:
        raise InvalidInput(f"{where}: the bytes are not RFC 8785 canonical JSON")
    with model_errors(where):
        envelope = Envelope.model_validate_json(data)
    try:
        payload = base64.b64decode(envelope.payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{where}: $.payload: is not base64") from error
    if base64.b64encode(payload).decode("ascii") != envelope.payload:
        raise InvalidInput(f"{where}: $.payload: is not canonical base64")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise IntegrityError(f"{where}: $.payloadType: is {envelope.payload_type!a}, not {PAYLOAD_TYPE}")
    return envelope, payload


def read_statement(payload: bytes, where: str) -> Statement:
    """The statement in a payload; the caller has verified its signature.

    Raises:
        InvalidInput: it is not a statement.
    """
    parse_strict(payload, f"{where}: payload", limit=MAX_BYTES)
    with model_errors(f"{where}: payload"):
        return Statement.model_validate_json(payload)
