"""Sigstore bundles: keyless signatures, verified offline by the `sigstore` package (`obrelease[sigstore]`).

The only module that imports it. A signature counts if its certificate chains to the trusted root, carries
exactly a trusted identity, and a transparency log recorded it while the certificate was valid.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, TypeVar
from urllib.parse import quote

from cryptography.hazmat import asn1
from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    ObjectIdentifier,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
)
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier

from obrelease.errors import IntegrityError, InvalidInput, ObreleaseError
from obrelease.models.finding import printable
from obrelease.models.strict_json import parse_strict
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.temporary import temporary_folder

MAX_BUNDLE_BYTES: Final = 2**20
MAX_TRUSTED_ROOT_BYTES: Final = 2**20
MAX_STRUCTURE: Final = 2048
"""The maximum number of brackets, commas and colons of a bundle, which has about 150: the library needs
7 KiB for each entry of a list that it refuses."""

MAX_SUBJECTS: Final = 1024
"""The maximum number of subjects of one statement, which is GitHub's own limit."""

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
"""The one predicate that counts: others, such as a list of known faults, do not vouch for a file."""

_PACKAGED: Final = "the trusted root of the sigstore package"
_PRODUCTION: Final = "https://tuf-repo-cdn.sigstore.dev"
_CONTENT_KEYS: Final = frozenset({"messageSignature", "dsseEnvelope"})
_MAX_REASON_LENGTH: Final = 300

_ISSUER_OID: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2_OID: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_SOURCE_REPOSITORY_OID: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.12")
_SOURCE_COMMIT_OID: Final = ObjectIdentifier("1.3.6.1.4.1.57264.1.13")

_T = TypeVar("_T")

# Without a handler of its own, Python prints the package's warnings to standard error.
logging.getLogger("sigstore").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """An identity whose signatures count; every field that is not None must be equal.

    Attributes:
        identity: the certificate's only subject alternative name, a URL or an e-mail address.
        issuer: the URL of the OpenID Connect provider.
        source_repository: the URL of the repository whose workflow ran.
        source_commit: the commit that the workflow ran at.
    """

    identity: str
    issuer: str
    source_repository: str | None = None
    source_commit: str | None = None


@dataclass(frozen=True, slots=True)
class SigstoreSignature:
    """A verified signature.

    Attributes:
        identity: who signed.
        issuer: who vouches for the identity.
        files: the names of the files that are signed.
    """

    identity: str
    issuer: str
    files: frozenset[str]


@dataclass(frozen=True, slots=True)
class IgnoredSignature:
    """A bundle of an identity that is not trusted, or of a statement that vouches for nothing here."""

    reason: str


@dataclass(frozen=True, slots=True)
class _CertificateFacts:
    identity: str
    issuer: str
    source_repository: str | None
    source_commit: str | None

    def matches(self, trusted: TrustedIdentity) -> bool:
        return (
            self.identity == trusted.identity
            and self.issuer == trusted.issuer
            and trusted.source_repository in {None, self.source_repository}
            and trusted.source_commit in {None, self.source_commit}
        )

    def __str__(self) -> str:
        source = f", of {self.source_repository}" if self.source_repository else ""
        commit = f" at {self.source_commit}" if self.source_commit else ""
        return printable(f"'{self.identity}', issuer '{self.issuer}'{source}{commit}")


class SigstoreVerifier:
    """Verifies bundles against one trusted root. It uses no network."""

    def __init__(self, trusted_root: bytes | None = None, where: str = _PACKAGED) -> None:
        """Load a trusted root.

        Args:
            trusted_root: the content of a trusted root file, or None for the root of the public
                instance that the package carries.
            where: the name of the root in errors.

        Raises:
            InvalidInput: it is not a trusted root.
            StorageError: the temporary folder cannot be written.
        """
        data = _guarded(_packaged_root, where, InvalidInput) if trusted_root is None else trusted_root
        parse_strict(data, where, limit=MAX_TRUSTED_ROOT_BYTES)
        with temporary_folder() as folder:
            file = folder / "trusted_root.json"
            with storage_errors(file):
                file.write_bytes(data)
            self._verifier = _guarded(
                lambda: Verifier(trusted_root=TrustedRoot.from_file(str(file))), where, InvalidInput
            )

    def verify(
        self,
        data: bytes,
        where: str,
        *,
        digests: Mapping[str, str],
        message: tuple[str, bytes],
        trusted: Collection[TrustedIdentity],
    ) -> SigstoreSignature | IgnoredSignature:
        """Verify one bundle: a signature of `message`, or a signed statement about some files.

        Args:
            data: the bundle, as JSON.
            where: the name of the bundle in errors.
            digests: the sha256 of every file that may be signed.
            message: name and content of the file that a message signature signs.
            trusted: whose signatures count.

        Raises:
            InvalidInput: it is not a bundle, or its statement is malformed.
            IntegrityError: the signature, the certificate, the log entry or the time is wrong.
        """
        bundle, content = _read_bundle(data, where)
        policy = _IdentityPolicy(trusted)
        if content == "messageSignature":
            name, text = message
            _guarded(lambda: self._verifier.verify_artifact(text, bundle, policy), where, IntegrityError)
            subjects = frozenset({digests[name]})
        else:
            payload_type, payload = _guarded(
                lambda: self._verifier.verify_dsse(bundle, policy), where, IntegrityError
            )
            found = _read_statement(payload_type, payload, where) if policy.trusted else frozenset()
            if isinstance(found, IgnoredSignature):
                return found
            subjects = found
        return _signature(policy, frozenset(name for name in digests if digests[name] in subjects), where)


class _IdentityPolicy:
    """The library's hook for the certificate: it notes who signed, and whether that identity is trusted.

    An unknown identity is no error here, so that the rest of its bundle is verified as well.
    """

    def __init__(self, identities: Collection[TrustedIdentity]) -> None:
        self._identities = identities
        self.facts: _CertificateFacts | None = None
        self.trusted = False

    def verify(self, cert: Certificate) -> None:
        self.facts = _certificate_facts(cert)
        self.trusted = any(self.facts.matches(identity) for identity in self._identities)


def _signature(
    policy: _IdentityPolicy, files_signed: frozenset[str], where: str
) -> SigstoreSignature | IgnoredSignature:
    facts = policy.facts
    if facts is None:
        raise IntegrityError(f"{where}: the certificate was not checked")
    if not policy.trusted:
        return IgnoredSignature(f"signed by {facts}, which the policy does not name")
    if not files_signed:
        return IgnoredSignature(f"signed by {facts}, and none of its subjects is a file of this release")
    return SigstoreSignature(facts.identity, facts.issuer, files_signed)


def _guarded(act: Callable[[], _T], where: str, kind: type[ObreleaseError]) -> _T:
    """Run code of the library; whatever it raises becomes an error of `kind`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of deprecated encodings in a hostile certificate
            return act()
    except (ObreleaseError, MemoryError):
        raise
    except BaseException as error:
        # A panic in the library's Rust code is not an Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        raise kind(f"{where}: {printable(text[:_MAX_REASON_LENGTH])}") from error


def _packaged_root() -> bytes:
    return files("sigstore._store").joinpath(quote(_PRODUCTION, safe=""), "trusted_root.json").read_bytes()


def _read_bundle(data: bytes, where: str) -> tuple[Bundle, str]:
    """The bundle, and the key of its content. Ambiguous JSON is refused before the library reads it."""
    if len(data) <= MAX_BUNDLE_BYTES and sum(map(data.count, b"{[,:")) > MAX_STRUCTURE:
        raise InvalidInput(f"{where}: more than {MAX_STRUCTURE} brackets, commas and colons")
    value = parse_strict(data, where, limit=MAX_BUNDLE_BYTES)
    if not isinstance(value, dict):
        raise InvalidInput(f"{where}: is not a Sigstore bundle")
    content = sorted(_CONTENT_KEYS & value.keys())
    if len(content) != 1:
        raise InvalidInput(f"{where}: has not exactly one of {', '.join(sorted(_CONTENT_KEYS))}")
    return _guarded(lambda: Bundle.from_json(data), where, InvalidInput), content[0]


def _certificate_facts(certificate: Certificate) -> _CertificateFacts:
    """Who a certificate names.

    Raises:
        VerificationError: it names not exactly one identity, or no issuer, or two issuers.
    """
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    identities = [
        *names.get_values_for_type(UniformResourceIdentifier),
        *names.get_values_for_type(RFC822Name),
    ]
    if len(identities) != 1 or len(list(names)) != 1:
        raise VerificationError("the certificate does not name exactly one URL or e-mail address")
    raw = _extension(certificate, _ISSUER_OID)
    issuers = {_utf8_string(certificate, _ISSUER_V2_OID), None if raw is None else raw.decode("utf-8")}
    issuers.discard(None)
    if len(issuers) != 1:
        raise VerificationError("the certificate does not name exactly one issuer")
    return _CertificateFacts(
        identities[0],
        str(issuers.pop()),
        _utf8_string(certificate, _SOURCE_REPOSITORY_OID),
        _utf8_string(certificate, _SOURCE_COMMIT_OID),
    )


def _utf8_string(certificate: Certificate, oid: ObjectIdentifier) -> str | None:
    raw = _extension(certificate, oid)
    return None if raw is None else asn1.decode_der(str, raw)


def _extension(certificate: Certificate, oid: ObjectIdentifier) -> bytes | None:
    try:
        value = certificate.extensions.get_extension_for_oid(oid).value
    except ExtensionNotFound:
        return None
    if not isinstance(value, UnrecognizedExtension):
        raise VerificationError(f"the certificate's extension {oid.dotted_string} is of another type")
    return value.value


def _read_statement(payload_type: str, payload: bytes, where: str) -> frozenset[str] | IgnoredSignature:
    """The sha256 of every subject of a statement whose signature is verified."""
    if payload_type != PAYLOAD_TYPE:
        raise IntegrityError(f"{where}: the payload type is {payload_type[:80]!a}, not {PAYLOAD_TYPE}")
    value = parse_strict(payload, f"{where}: payload", limit=MAX_BUNDLE_BYTES)
    if not isinstance(value, dict) or value.get("_type") != STATEMENT_TYPE:
        raise InvalidInput(f"{where}: payload: is not an in-toto statement of version 1")
    predicate = value.get("predicateType")
    if predicate != PREDICATE_TYPE:
        return IgnoredSignature(f"its predicate is {str(predicate)[:80]!a}, not {PREDICATE_TYPE}")
    subjects = value.get("subject")
    if not isinstance(subjects, list) or not 1 <= len(subjects) <= MAX_SUBJECTS:
        raise InvalidInput(f"{where}: payload: $.subject: is not a list of 1 to {MAX_SUBJECTS} subjects")
    return frozenset(
        _subject_digest(item, f"{where}: payload: $.subject[{n}]") for n, item in enumerate(subjects)
    )


def _subject_digest(subject: Any, where: str) -> str:
    """The sha256 of a subject, or nothing if it has only digests of other kinds."""
    digest = subject.get("digest") if isinstance(subject, dict) else None
    if not isinstance(digest, dict) or not all(isinstance(value, str) for value in digest.values()):
        raise InvalidInput(f"{where}: has no digests")
    return str(digest.get("sha256", ""))
