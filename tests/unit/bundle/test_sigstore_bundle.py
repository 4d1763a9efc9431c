"""Sigstore bundles one by one: each fault of a signature is refused by its name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509

from obrelease.bundle.signing.sigstore_bundle import (
    MAX_BUNDLE_BYTES,
    MAX_STRUCTURE,
    MAX_SUBJECTS,
    IgnoredSignature,
    SigstoreSignature,
    SigstoreVerifier,
    TrustedIdentity,
)
from obrelease.errors import IntegrityError, InvalidInput, ObreleaseError
from obrelease.storage.hashing import digest_bytes
from tests.sigstore_authority import (
    ISSUER,
    LIFETIME,
    REPOSITORY,
    SIGNED_AT,
    WORKFLOW,
    Authority,
    Bundle,
    as_json,
    new_key,
    statement,
)

SUMS = b"the sums\n"
DIGESTS = {"SHA256SUMS": digest_bytes(SUMS), "manifest.json": "1" * 64}
IDENTITY = f"{WORKFLOW}@refs/tags/v0.9-beta"
COMMIT = "c" * 40
TRUSTED = TrustedIdentity(IDENTITY, ISSUER)


@cache
def authority() -> Authority:
    return Authority()


@cache
def verifier() -> SigstoreVerifier:
    return SigstoreVerifier(authority().trusted_root(), "root.json")


def verify(data: bytes, *trusted: TrustedIdentity) -> SigstoreSignature | IgnoredSignature:
    return verifier().verify(
        data, "bundle", digests=DIGESTS, message=("SHA256SUMS", SUMS), trusted=trusted or (TRUSTED,)
    )


def file_bundle(**options: Any) -> Bundle:
    return authority().sign_file(SUMS, authority().signer(**options))


def attestation(payload: bytes = statement(DIGESTS), **options: Any) -> Bundle:
    return authority().attest(payload, **options)


def changed(bundle: Bundle, *path: str | int, to: Any) -> bytes:
    """The bundle with another value at a path; None removes the key."""
    made = copy.deepcopy(bundle)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to(place[path[-1]]) if callable(to) else to
    return as_json(made)


def flipped(text: str) -> str:
    """Other base64 of the same length."""
    at = len(text) // 2
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


ENTRY = ("verificationMaterial", "tlogEntries", 0)


class TestAccepted:
    def test_a_message_signature_covers_the_message(self) -> None:
        assert verify(as_json(file_bundle())) == SigstoreSignature(
            IDENTITY, ISSUER, frozenset({"SHA256SUMS"})
        )

    def test_a_statement_covers_the_files_that_are_its_subjects(self) -> None:
        subjects = {"any name": DIGESTS["manifest.json"], "other": "2" * 64}
        found = verify(as_json(attestation(statement(subjects))))
        assert found == SigstoreSignature(IDENTITY, ISSUER, frozenset({"manifest.json"}))

    @pytest.mark.parametrize(
        "options",
        [{"old_issuer": ISSUER}, {"issuer": None, "old_issuer": ISSUER}, {"source": (REPOSITORY, COMMIT)}],
    )
    def test_the_issuer_is_read_from_either_extension(self, options: dict[str, Any]) -> None:
        assert isinstance(verify(as_json(file_bundle(**options))), SigstoreSignature)

    def test_an_identity_may_be_an_email_address(self) -> None:
        trusted = TrustedIdentity("maintainer@example.test", "https://accounts.example.test")
        bundle = file_bundle(identity=trusted.identity, issuer=trusted.issuer)
        assert isinstance(verify(as_json(bundle), TRUSTED, trusted), SigstoreSignature)

    def test_repository_and_commit_are_compared_if_they_are_demanded(self) -> None:
        bundle = as_json(file_bundle(source=(REPOSITORY, COMMIT)))
        trusted = replace(TRUSTED, source_repository=REPOSITORY, source_commit=COMMIT)
        assert isinstance(verify(bundle, trusted), SigstoreSignature)


@pytest.mark.parametrize(
    ("bundle", "trusted", "reason"),
    [
        ({}, replace(TRUSTED, identity=f"{WORKFLOW}@refs/tags/v0.9"), "does not name"),
        ({}, replace(TRUSTED, identity=IDENTITY.upper()), "does not name"),
        ({}, replace(TRUSTED, issuer="https://accounts.example.test"), "does not name"),
        ({}, replace(TRUSTED, source_repository=REPOSITORY), "does not name"),
        ({}, replace(TRUSTED, source_commit=COMMIT), "does not name"),
        ({"source": (f"{REPOSITORY}2", COMMIT)}, replace(TRUSTED, source_repository=REPOSITORY), "demo2"),
        ({"source": (REPOSITORY, "d" * 40)}, replace(TRUSTED, source_commit=COMMIT), "d" * 40),
        ({"identity": "maintainer@example.test"}, TRUSTED, "signed by 'maintainer@example.test'"),
    ],
)
def test_the_signature_of_another_identity_does_not_count(
    bundle: dict[str, Any], trusted: TrustedIdentity, reason: str
) -> None:
    found = verify(as_json(file_bundle(**bundle)), trusted)
    assert isinstance(found, IgnoredSignature)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (statement({"SHA256SUMS": "3" * 64}), "none of its subjects"),
        (statement(DIGESTS, subject=[{"digest": {"sha512": DIGESTS["SHA256SUMS"]}}]), "none of its subjects"),
        (statement(DIGESTS, predicate_type="https://example.test/faults/v1"), "predicate"),
        (statement(DIGESTS, predicateType=["https://slsa.dev/provenance/v1"]), "predicate"),
    ],
)
def test_a_statement_that_vouches_for_nothing_here_does_not_count(payload: bytes, reason: str) -> None:
    found = verify(as_json(attestation(payload)))
    assert isinstance(found, IgnoredSignature)
    assert reason in found.reason


@dataclass(frozen=True)
class Fault:
    """A bundle that must be refused, and how."""

    make: Callable[[], bytes]
    error: type[ObreleaseError]
    reason: str


def of_file(*path: str | int, to: Any) -> Callable[[], bytes]:
    return lambda: changed(file_bundle(), *path, to=to)


def of_statement(*path: str | int, to: Any) -> Callable[[], bytes]:
    return lambda: changed(attestation(), *path, to=to)


def by(other: Callable[[], Authority]) -> Callable[[], bytes]:
    return lambda: as_json(other().sign_file(SUMS))


def at(offset: timedelta) -> Callable[[], bytes]:
    return lambda: as_json(authority().sign_file(SUMS, at=SIGNED_AT + offset))


def signed(payload: bytes, **options: Any) -> Callable[[], bytes]:
    return lambda: as_json(attestation(payload, **options))


def duplicated() -> bytes:
    text = as_json(file_bundle()).decode()
    return text.replace('"mediaType"', '"mediaType": "x", "mediaType"', 1).encode()


URL = x509.UniformResourceIdentifier
PROOF = (*ENTRY, "inclusionProof")
MANY = [{"digest": {"sha256": "4" * 64}}] * (MAX_SUBJECTS + 1)
FAULTS = {
    "other file signed": Fault(
        lambda: as_json(authority().sign_file(b"other sums\n")), IntegrityError, "digest mismatch"
    ),
    "digest replaced": Fault(
        of_file("messageSignature", "messageDigest", "digest", to=flipped), IntegrityError, "digest mismatch"
    ),
    "signature tampered with": Fault(
        of_file("messageSignature", "signature", to=flipped), IntegrityError, "Signature is invalid"
    ),
    "statement's signature tampered with": Fault(
        of_statement("dsseEnvelope", "signatures", 0, "sig", to=flipped), IntegrityError, "invalid signature"
    ),
    "payload replaced": Fault(
        of_statement("dsseEnvelope", "payload", to=flipped), IntegrityError, "invalid signature"
    ),
    "payload type swapped": Fault(
        of_statement("dsseEnvelope", "payloadType", to="text/plain"), IntegrityError, "invalid signature"
    ),
    "another payload type signed": Fault(
        signed(statement(DIGESTS), payload_type="text/plain"), IntegrityError, "payload type is 'text/plain'"
    ),
    "signed after the certificate's end": Fault(
        at(LIFETIME + timedelta(seconds=1)), IntegrityError, "not valid at validation time"
    ),
    "signed before the certificate's begin": Fault(
        at(-LIFETIME), IntegrityError, "not valid at validation time"
    ),
    "no time": Fault(
        of_file(*ENTRY, "inclusionPromise", to=None), InvalidInput, "promise or signed timestamp"
    ),
    "time replaced": Fault(
        of_file(*ENTRY, "integratedTime", to=str(int(SIGNED_AT.timestamp()) + 1)), IntegrityError, "SET"
    ),
    "promise tampered with": Fault(
        of_file(*ENTRY, "inclusionPromise", "signedEntryTimestamp", to=flipped), IntegrityError, "SET"
    ),
    "other certificate authority": Fault(by(Authority), IntegrityError, "certificate chain"),
    "other certificate log": Fault(by(lambda: replace(authority(), ct_key=new_key())), IntegrityError, "SCT"),
    "no certificate log": Fault(
        lambda: as_json(file_bundle(certificate_log=False)), IntegrityError, "certificate timestamp"
    ),
    "other transparency log": Fault(
        by(lambda: replace(authority(), log_key=new_key())), IntegrityError, "invalid log entry"
    ),
    "no inclusion proof": Fault(of_file(*PROOF, to=None), InvalidInput, "inclusionProof"),
    "proof tampered with": Fault(of_file(*PROOF, "hashes", 0, to=flipped), IntegrityError, "inclusion proof"),
    "proof of another size": Fault(of_file(*PROOF, "hashes", to=[]), IntegrityError, "wrong size"),
    "no checkpoint": Fault(of_file(*PROOF, "checkpoint", to=None), InvalidInput, "checkpoint"),
    "checkpoint of another log": Fault(
        of_file(*PROOF, "checkpoint", "envelope", to=lambda text: "x" + text), IntegrityError, "checkpoint"
    ),
    "entry of another bundle": Fault(
        lambda: changed(file_bundle(), *ENTRY, to=lambda _: file_bundle()[ENTRY[0]]["tlogEntries"][0]),
        IntegrityError,
        "inconsistent",
    ),
    "certificate of another bundle": Fault(
        lambda: changed(
            file_bundle(), ENTRY[0], "certificate", to=lambda _: file_bundle()[ENTRY[0]]["certificate"]
        ),
        IntegrityError,
        "Signature is invalid",
    ),
    "two log entries": Fault(
        of_file(ENTRY[0], "tlogEntries", to=lambda entries: entries * 2),
        InvalidInput,
        "exactly one log entry",
    ),
    "two identities": Fault(
        lambda: as_json(file_bundle(more_names=[URL(f"{WORKFLOW}@refs/heads/main")])),
        IntegrityError,
        "exactly one URL",
    ),
    "an identity and a name of another kind": Fault(
        lambda: as_json(file_bundle(more_names=[x509.DNSName("example.test")])),
        IntegrityError,
        "exactly one URL",
    ),
    "two issuers": Fault(
        lambda: as_json(file_bundle(old_issuer="https://other.test")), IntegrityError, "exactly one issuer"
    ),
    "no issuer": Fault(lambda: as_json(file_bundle(issuer=None)), IntegrityError, "exactly one issuer"),
    "key without a certificate": Fault(
        lambda: changed(file_bundle(), ENTRY[0], "certificate", to=None), InvalidInput, "Exactly one of"
    ),
    "two kinds of content": Fault(
        lambda: as_json(file_bundle() | {"dsseEnvelope": attestation()["dsseEnvelope"]}),
        InvalidInput,
        "exactly one of",
    ),
    "no content": Fault(of_file("messageSignature", to=None), InvalidInput, "exactly one of"),
    "unknown version": Fault(of_file("mediaType", to="application/x"), InvalidInput, "mediaType"),
    "unknown key": Fault(lambda: as_json(file_bundle() | {"more": 1}), InvalidInput, "more"),
    "truncated": Fault(lambda: as_json(file_bundle())[:-9], InvalidInput, "line 1 column"),
    "duplicated key": Fault(duplicated, InvalidInput, "duplicate key"),
    "no object": Fault(lambda: b"[]", InvalidInput, "not a Sigstore bundle"),
    "empty": Fault(lambda: b"", InvalidInput, "line 1 column 1"),
    "too many entries": Fault(
        of_file(ENTRY[0], "tlogEntries", to=[{}] * MAX_STRUCTURE), InvalidInput, "more than 2048 brackets"
    ),
    "too many hashes": Fault(
        of_file(*PROOF, "hashes", to=[1] * MAX_STRUCTURE), InvalidInput, "more than 2048"
    ),
    "too large": Fault(lambda: b" " * MAX_BUNDLE_BYTES + b"{}", InvalidInput, "larger than"),
    "duplicated key in the statement": Fault(
        signed(statement(DIGESTS).replace(b'"subject"', b'"subject": [], "subject"')),
        InvalidInput,
        "duplicate key",
    ),
    "statement of another version": Fault(
        signed(statement(DIGESTS, _type="https://in-toto.io/Statement/v0.1")), InvalidInput, "version 1"
    ),
    "no subjects": Fault(signed(statement({})), InvalidInput, "1 to 1024"),
    "too many subjects": Fault(signed(statement({}, subject=MANY)), InvalidInput, "1 to 1024"),
    "subject without digests": Fault(
        signed(statement({}, subject=[{"name": "a"}])), InvalidInput, r"subject\[0\]: has no digests"
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_bundle_is_refused_by_name(fault: str) -> None:
    row = FAULTS[fault]
    with pytest.raises(row.error, match=row.reason) as caught:
        verify(row.make())
    assert caught.value.message.startswith("bundle: ")


class PanicException(BaseException):
    """As PyO3 calls a panic of Rust code."""


def test_a_panic_of_the_library_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(_: bytes) -> None:
        raise PanicException("index out of bounds")

    monkeypatch.setattr("obrelease.bundle.signing.sigstore_bundle.Bundle.from_json", panic)
    with pytest.raises(InvalidInput, match="bundle: index out of bounds"):
        verify(as_json(file_bundle()))


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        (b"{}", "validation error"),
        (b"{", "line 1"),
        (b'{"mediaType": 1, "mediaType": 2}', "duplicate key"),
        (
            json.dumps(json.loads(Authority().trusted_root()) | {"certificateAuthorities": []}).encode(),
            "Fulcio",
        ),
        (json.dumps(json.loads(Authority().trusted_root()) | {"tlogs": []}).encode(), "transparency log"),
    ],
)
def test_a_faulty_trusted_root_is_refused(root: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        SigstoreVerifier(root, "root.json")


def test_the_root_of_the_package_does_not_trust_another_instance() -> None:
    public = SigstoreVerifier()
    with pytest.raises(IntegrityError, match="certificate chain"):
        public.verify(
            as_json(file_bundle()),
            "bundle",
            digests=DIGESTS,
            message=("SHA256SUMS", SUMS),
            trusted=[TRUSTED],
        )
