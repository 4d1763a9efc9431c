"""A Sigstore of the tests' own: certificate authority, certificate log and transparency log in one object.

It signs real bundles that the `sigstore` package accepts under the trusted root of `Authority.trusted_root`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

REPOSITORY: Final = "https://github.com/octocat/demo"
WORKFLOW: Final = f"{REPOSITORY}/.github/workflows/release.yml"
ISSUER: Final = "https://token.actions.githubusercontent.com"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
SIGNED_AT: Final = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
LIFETIME: Final = timedelta(minutes=10)

_ORIGIN: Final = "log.test"
_SCT_LIST: Final = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_FULCIO: Final = "1.3.6.1.4.1.57264.1"
_SINCE: Final = "2020-01-01T00:00:00Z"

Bundle = dict[str, Any]


def encode(data: bytes) -> str:
    """Base64, as every document of Sigstore has it."""
    return base64.b64encode(data).decode("ascii")


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half of a key, in DER."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The name of a log: the digest of its key."""
    return hashlib.sha256(spki(key)).digest()


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """An ECDSA signature with SHA-256."""
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def new_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement(
    subjects: Mapping[str, str], *, predicate_type: str = "https://slsa.dev/provenance/v1", **changes: Any
) -> bytes:
    """An in-toto statement about files: name to sha256."""
    value = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects.items()],
        "predicateType": predicate_type,
        "predicate": {"buildDefinition": {}, "runDetails": {}},
    }
    return json.dumps(value | changes).encode()


def as_json(bundle: Bundle) -> bytes:
    """A bundle as its file holds it."""
    return json.dumps(bundle).encode()


@dataclass(frozen=True)
class Signer:
    """A short-lived key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True)
class Authority:
    """The keys of a whole Sigstore instance."""

    ca_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    log_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def trusted_root(self) -> bytes:
        """What a verifier must trust to accept the bundles of this authority."""
        log = self._log(self.log_key)
        root = {"certificates": [{"rawBytes": encode(self._root().public_bytes(Encoding.DER))}]}
        authority = {
            "subject": {"organization": "test", "commonName": "test"},
            "uri": "https://ca.test",
            "certChain": root,
            "validFor": {"start": _SINCE},
        }
        value = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log],
            "certificateAuthorities": [authority],
            "ctlogs": [self._log(self.ct_key)],
            "timestampAuthorities": [],
        }
        return json.dumps(value).encode()

    def signer(
        self,
        identity: str = f"{WORKFLOW}@refs/tags/v0.9-beta",
        *,
        issuer: str | None = ISSUER,
        old_issuer: str | None = None,
        more_names: Sequence[x509.GeneralName] = (),
        source: tuple[str, str] | None = None,
        certificate_log: bool = True,
    ) -> Signer:
        """A certificate as Fulcio issues it.

        Args:
            identity: a URL, or an e-mail address.
            issuer: in the newer extension; `old_issuer` in the older one.
            more_names: further names in the certificate.
            source: repository URL and commit.
            certificate_log: whether it carries the promise of the certificate log.
        """
        key = new_key()
        name = x509.UniformResourceIdentifier(identity) if "://" in identity else x509.RFC822Name(identity)
        facts = {
            1: old_issuer.encode() if old_issuer else None,
            8: _utf8(issuer),
            12: _utf8(source[0]) if source else None,
            13: _utf8(source[1]) if source else None,
        }
        builder = self._leaf(key, [name, *more_names])
        for number, value in facts.items():
            if value is not None:
                extension = x509.UnrecognizedExtension(ObjectIdentifier(f"{_FULCIO}.{number}"), value)
                builder = builder.add_extension(extension, critical=False)
        if certificate_log:
            precertificate = builder.sign(self.ca_key, hashes.SHA256()).tbs_certificate_bytes
            promise = x509.UnrecognizedExtension(_SCT_LIST, self._promise(precertificate))
            builder = builder.add_extension(promise, critical=False)
        return Signer(key, builder.sign(self.ca_key, hashes.SHA256()))

    def sign_file(self, data: bytes, signer: Signer | None = None, *, at: datetime = SIGNED_AT) -> Bundle:
        """A message signature of a file, as `cosign sign-blob` makes it."""
        signer = signer or self.signer()
        digest, signature = hashlib.sha256(data), sign(signer.key, data)
        body = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hexdigest()}},
                "signature": {"content": encode(signature), "publicKey": {"content": _pem(signer)}},
            },
        }
        content = {
            "messageDigest": {"algorithm": "SHA2_256", "digest": encode(digest.digest())},
            "signature": encode(signature),
        }
        return self._bundle(signer, body, at) | {"messageSignature": content}

    def attest(
        self,
        payload: bytes,
        signer: Signer | None = None,
        *,
        at: datetime = SIGNED_AT,
        payload_type: str = PAYLOAD_TYPE,
    ) -> Bundle:
        """A signed statement, as GitHub's attestations are."""
        signer = signer or self.signer()
        signature = sign(signer.key, pae(payload_type, payload))
        envelope = {
            "payload": encode(payload),
            "payloadType": payload_type,
            "signatures": [{"sig": encode(signature)}],
        }
        envelope_digest = hashlib.sha256(json.dumps(envelope).encode()).hexdigest()
        body = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": envelope_digest},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": encode(signature), "verifier": _pem(signer)}],
            },
        }
        return self._bundle(signer, body, at) | {"dsseEnvelope": envelope}

    def _bundle(self, signer: Signer, body: Mapping[str, Any], at: datetime) -> Bundle:
        material = {
            "certificate": {"rawBytes": encode(signer.certificate.public_bytes(Encoding.DER))},
            "tlogEntries": [self._entry(body, at)],
            "timestampVerificationData": {"rfc3161Timestamps": []},
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
        }

    def _entry(self, body: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """The entry of a log of two leaves, with its proof and its promise."""
        canonical, time_s = rfc8785.dumps(dict(body)), int(at.timestamp())
        neighbour = hashlib.sha256(b"\0another entry").digest()
        root = hashlib.sha256(b"\1" + hashlib.sha256(b"\0" + canonical).digest() + neighbour).digest()
        note = f"{_ORIGIN}\n2\n{encode(root)}\n"
        signed = encode(key_id(self.log_key)[:4] + sign(self.log_key, note.encode()))
        promised = {
            "body": encode(canonical),
            "integratedTime": time_s,
            "logID": key_id(self.log_key).hex(),
            "logIndex": 0,
        }
        return {
            "logIndex": "0",
            "logId": {"keyId": encode(key_id(self.log_key))},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": str(time_s),
            "inclusionPromise": {"signedEntryTimestamp": encode(sign(self.log_key, rfc8785.dumps(promised)))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": encode(root),
                "treeSize": "2",
                "hashes": [encode(neighbour)],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} {_ORIGIN} {signed}\n"},
            },
            "canonicalizedBody": encode(canonical),
        }

    def _root(self) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_NAME)
            .issuer_name(_NAME)
            .public_key(self.ca_key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.ca_key.public_key()), critical=False
            )
            .sign(self.ca_key, hashes.SHA256())
        )

    def _leaf(
        self, key: ec.EllipticCurvePrivateKey, names: Sequence[x509.GeneralName]
    ) -> x509.CertificateBuilder:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(_NAME)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(SIGNED_AT - timedelta(minutes=1))
            .not_valid_after(SIGNED_AT + LIFETIME)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(issuer, critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
        )

    def _promise(self, precertificate: bytes) -> bytes:
        """The certificate log's promise (RFC 6962), as the value of the extension."""
        time_ms = int(SIGNED_AT.timestamp() * 1000)
        entry = key_id(self.ca_key) + len(precertificate).to_bytes(3, "big") + precertificate
        signature = sign(self.ct_key, struct.pack("!BBQH", 0, 0, time_ms, 1) + entry + b"\0\0")
        promise = struct.pack("!B32sQH", 0, key_id(self.ct_key), time_ms, 0)
        promise += struct.pack("!BBH", 4, 3, len(signature)) + signature
        listed = struct.pack("!H", len(promise)) + promise
        return _der(0x04, struct.pack("!H", len(listed)) + listed)

    @staticmethod
    def _log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
        return {
            "baseUrl": "https://log.test",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": encode(spki(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": _SINCE},
            },
            "logId": {"keyId": encode(key_id(key))},
        }


_NAME: Final = x509.Name(
    [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"), x509.NameAttribute(NameOID.COMMON_NAME, "root")]
)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _utf8(text: str | None) -> bytes | None:
    """A UTF8String in DER."""
    if text is None:
        return None
    return _der(0x0C, text.encode())


def _der(tag: int, value: bytes) -> bytes:
    """A value of less than 256 bytes in DER."""
    long_form = [0x81] if len(value) > 127 else []
    return bytes([tag, *long_form, len(value)]) + value


def _pem(signer: Signer) -> str:
    return encode(signer.certificate.public_bytes(Encoding.PEM))
