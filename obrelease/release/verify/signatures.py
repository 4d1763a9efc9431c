"""The signed layers of a release's own files: SHA256SUMS.sig, and the provenance in its envelope."""

from __future__ import annotations

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import PROVENANCE_NAME, SIGNATURE_NAME
from obrelease.bundle.signing import armor
from obrelease.bundle.signing.ssh import (
    PROVENANCE_NAMESPACE,
    SUMS_NAMESPACE,
    AllowedSigners,
    Signer,
    verify_or_check,
)
from obrelease.errors import IntegrityError
from obrelease.models.provenance import (
    MAX_BYTES,
    Envelope,
    RunDependency,
    SourceDependency,
    Statement,
    pae,
    read_envelope,
    read_statement,
)
from obrelease.release.verify.release_files import Layer, Verified
from obrelease.release.verify.tag_message import PROVENANCE, SUMS

_HINT = "do not use this release"


def sums_signature_layer(verified: Verified, trust: AllowedSigners | None) -> Layer:
    """The SSH signature of SHA256SUMS.

    Raises:
        IntegrityError: it does not hold, or is not by one of the trusted.
    """
    if SIGNATURE_NAME not in verified.digests:
        return Layer("sums-signature", False, f"there is no {SIGNATURE_NAME}")
    blob = _sums_signature(verified)
    text = verified.reread(sha256sums.NAME, sha256sums.MAX_BYTES)
    signer = verify_or_check(blob, SUMS_NAMESPACE, text, trust, SIGNATURE_NAME)
    return Layer("sums-signature", trust is not None, told(signer))


def provenance_layer(verified: Verified, trust: AllowedSigners | None) -> Layer:
    """The signed statement of what the release was made from, held against what the release holds.

    Raises:
        IntegrityError: the signature does not hold, or the statement is not of these files, this
            commit and these runs.
        InvalidInput: the envelope or the statement is malformed.
    """
    if PROVENANCE_NAME not in verified.digests:
        return Layer("provenance", False, f"there is no {PROVENANCE_NAME}")
    envelope, payload = _envelope(verified)
    blob = armor.from_base64(envelope.signatures[0].sig, PROVENANCE_NAME)
    signed = pae(envelope.payload_type, payload)
    signer = verify_or_check(blob, PROVENANCE_NAMESPACE, signed, trust, PROVENANCE_NAME)
    if signer.fingerprint != envelope.signatures[0].keyid:
        raise IntegrityError(
            f"{PROVENANCE_NAME}: $.signatures[0].keyid: is not the key that signed", hint=_HINT
        )
    _require_stated(verified, read_statement(payload, PROVENANCE_NAME))
    files = len(verified.digests) - len({SIGNATURE_NAME, PROVENANCE_NAME} & verified.digests.keys())
    runs = len(verified.manifest.runs)
    return Layer(
        "provenance", trust is not None, f"{files} files from the commit and {runs} runs; {told(signer)}"
    )


def signatures_of(verified: Verified) -> dict[str, str]:
    """The signatures of a release as a tag's message carries them."""
    found: dict[str, str] = {}
    if SIGNATURE_NAME in verified.digests:
        found[SUMS] = armor.to_base64(_sums_signature(verified))
    if PROVENANCE_NAME in verified.digests:
        found[PROVENANCE] = _envelope(verified)[0].signatures[0].sig
    return found


def told(signer: Signer) -> str:
    """Who signed, in words."""
    if signer.principal is None:
        return f"signed by {signer.fingerprint}; no policy says whose signatures count"
    return f"signed by {signer.principal!a}, {signer.fingerprint}"


def _sums_signature(verified: Verified) -> bytes:
    return armor.from_armor(verified.reread(SIGNATURE_NAME, armor.MAX_BYTES), SIGNATURE_NAME)


def _envelope(verified: Verified) -> tuple[Envelope, bytes]:
    return read_envelope(verified.reread(PROVENANCE_NAME, MAX_BYTES), PROVENANCE_NAME)


def _require_stated(verified: Verified, statement: Statement) -> None:
    """The statement speaks of exactly these files, this commit and these runs, in one order."""
    manifest = verified.manifest
    definition = statement.predicate.build_definition
    asked = definition.external_parameters
    files = [(name, digest) for name, digest in sorted(verified.digests.items()) if _is_subject(name)]
    inputs = definition.resolved_dependencies
    commits = [item.digest.git_commit for item in inputs if isinstance(item, SourceDependency)]
    runs = [(item.name, item.digest.sha256) for item in inputs if isinstance(item, RunDependency)]
    for what, stated, true in (
        ("release", (asked.project, asked.tag), (manifest.project, manifest.tag)),
        ("files", [(item.name, item.digest.sha256) for item in statement.subject], files),
        ("commit", commits, [manifest.commit]),
        ("runs", runs, [(run.path, run.digest) for run in manifest.runs]),
    ):
        if stated != true:
            raise IntegrityError(f"{PROVENANCE_NAME}: states other {what} than these", hint=_HINT)


def _is_subject(name: str) -> bool:
    return name not in {SIGNATURE_NAME, PROVENANCE_NAME}
