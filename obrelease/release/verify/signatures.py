"""Verifies SHA256SUMS.sig and the signed provenance of a release."""

from __future__ import annotations

from obrelease.bundle import sha256sums
from obrelease.bundle.asset_names import PROVENANCE_NAME, SIGNATURE_NAME, SIGSTORE_NAMES
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
from obrelease.release.verify.layer_result import LayerResult
from obrelease.release.verify.release_files import VerifiedFiles
from obrelease.release.verify.tag_message import PROVENANCE, SUMS

_DO_NOT_USE = "do not use this release"
_NO_SUBJECTS = frozenset({SIGNATURE_NAME, PROVENANCE_NAME, *SIGSTORE_NAMES})
"""The files that are made after the statement, or with it."""


def sums_signature_layer(verified: VerifiedFiles, trust: AllowedSigners | None) -> LayerResult:
    """Check the SSH signature of SHA256SUMS.

    Args:
        trust: the allowed signers; without them the signature is checked, but not its signer.

    Raises:
        IntegrityError: it is invalid, or its signer is not allowed.
    """
    if SIGNATURE_NAME not in verified.digests:
        return LayerResult("sums-signature", False, f"there is no {SIGNATURE_NAME}")
    blob = _sums_signature(verified)
    text = verified.reread(sha256sums.NAME, sha256sums.MAX_BYTES)
    signer = verify_or_check(blob, SUMS_NAMESPACE, text, trust, SIGNATURE_NAME)
    return LayerResult("sums-signature", trust is not None, describe_signer(signer))


def provenance_layer(verified: VerifiedFiles, trust: AllowedSigners | None) -> LayerResult:
    """Check the signed provenance against the files, the commit and the runs of the release.

    Raises:
        IntegrityError: the signature is invalid, or the provenance is about other files, another commit
            or other runs.
        InvalidInput: the envelope or the statement is malformed.
    """
    if PROVENANCE_NAME not in verified.digests:
        return LayerResult("provenance", False, f"there is no {PROVENANCE_NAME}")
    envelope, payload = _envelope(verified)
    blob = armor.from_base64(envelope.signatures[0].sig, PROVENANCE_NAME)
    signed = pae(envelope.payload_type, payload)
    signer = verify_or_check(blob, PROVENANCE_NAMESPACE, signed, trust, PROVENANCE_NAME)
    if signer.fingerprint != envelope.signatures[0].keyid:
        raise IntegrityError(
            f"{PROVENANCE_NAME}: $.signatures[0].keyid: is not the key of the signature", hint=_DO_NOT_USE
        )
    _require_matching_statement(verified, read_statement(payload, PROVENANCE_NAME))
    files = len(verified.digests.keys() - _NO_SUBJECTS)
    runs = len(verified.manifest.runs)
    return LayerResult(
        "provenance",
        trust is not None,
        f"{files} files from the commit and {runs} runs; {describe_signer(signer)}",
    )


def signatures_of(verified: VerifiedFiles) -> dict[str, str]:
    """The signatures of a release, in the form that the message of its tag has them."""
    found: dict[str, str] = {}
    if SIGNATURE_NAME in verified.digests:
        found[SUMS] = armor.to_base64(_sums_signature(verified))
    if PROVENANCE_NAME in verified.digests:
        found[PROVENANCE] = _envelope(verified)[0].signatures[0].sig
    return found


def describe_signer(signer: Signer) -> str:
    """The signer, as text."""
    if signer.principal is None:
        return f"signed by {signer.fingerprint}; no policy lists allowed signers"
    where = "" if signer.line is None else f" in line {signer.line} of the allowed signers"
    if signer.listed == "pattern":
        return f"signed by {signer.fingerprint}, listed for the pattern {signer.principal!a}{where}"
    if signer.listed == "certificate":
        return f"signed by {signer.fingerprint}, a certificate for {signer.principal!a} of a listed authority"
    return f"signed by {signer.principal!a}, {signer.fingerprint}{where}"


def _sums_signature(verified: VerifiedFiles) -> bytes:
    return armor.from_armor(verified.reread(SIGNATURE_NAME, armor.MAX_BYTES), SIGNATURE_NAME)


def _envelope(verified: VerifiedFiles) -> tuple[Envelope, bytes]:
    return read_envelope(verified.reread(PROVENANCE_NAME, MAX_BYTES), PROVENANCE_NAME)


def _require_matching_statement(verified: VerifiedFiles, statement: Statement) -> None:
    """Require a statement about exactly these files, this commit and these runs, in one order."""
    manifest = verified.manifest
    definition = statement.predicate.build_definition
    parameters = definition.external_parameters
    files = [(name, digest) for name, digest in sorted(verified.digests.items()) if name not in _NO_SUBJECTS]
    inputs = definition.resolved_dependencies
    commits = [item.digest.git_commit for item in inputs if isinstance(item, SourceDependency)]
    runs = [(item.name, item.digest.sha256) for item in inputs if isinstance(item, RunDependency)]
    for what, stated, actual in (
        ("release", (parameters.project, parameters.tag), (manifest.project, manifest.tag)),
        ("files", [(item.name, item.digest.sha256) for item in statement.subject], files),
        ("commit", commits, [manifest.commit]),
        ("runs", runs, [(run.path, run.digest) for run in manifest.runs]),
    ):
        if stated != actual:
            raise IntegrityError(f"{PROVENANCE_NAME}: states other {what} than the release", hint=_DO_NOT_USE)
