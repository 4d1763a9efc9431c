"""Tampering with the signatures of a release: their bytes, namespaces and keys, and what they sign."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path

from obrelease.bundle.signing.armor import from_armor, to_armor
from obrelease.bundle.signing.ssh import PROVENANCE_NAMESPACE, SUMS_NAMESPACE
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.provenance import PAYLOAD_TYPE
from tests.faults.signed_release import (
    SIGNATURE,
    SUMS,
    TAG,
    SignedRelease,
    make_key,
    payload_of,
    retag,
    sign_payload,
    ssh_sign,
    write_envelope,
)
from tests.faults.tampered_files import Case, flipped, on_files

UNKNOWN_KEY = "not among the allowed signers"
BROKEN = (
    "is not valid|not among the allowed signers|SHA256SUMS.sig: |-signature that the release does not have"
)
UNFIT = "is not valid"


def flip_signature(part: int, _release: SignedRelease, folder: Path) -> None:
    blob = from_armor((folder / SIGNATURE).read_bytes(), SIGNATURE)
    start = len(b"SSHSIG")
    place = start + (len(blob) - 1 - start) * part // 19
    (folder / SIGNATURE).write_bytes(to_armor(flipped(blob, place)))


def signature_bytes() -> Iterator[Case]:
    for part in range(20):
        yield on_files(BROKEN, partial(flip_signature, part), "ssh-keygen")


SUMS_SPACES = [
    "git",
    "file",
    "email",
    "sums",
    "obrelease",
    "sums.v2@obrelease",
    "sums.v1@other",
    "SUMS.V1@OBRELEASE",
    "dsse",
]
PROVENANCE_SPACES = [
    "git",
    "file",
    "email",
    "dsse",
    "obrelease",
    "provenance.v2@obrelease",
    "provenance",
    "in-toto",
    "sums",
]


def sums_in(namespace: str, release: SignedRelease, folder: Path) -> None:
    (folder / SIGNATURE).write_bytes(ssh_sign(release.key, namespace, (folder / SUMS).read_bytes()))


def provenance_in(namespace: str, release: SignedRelease, folder: Path) -> None:
    sign_payload(release.key, folder, payload_of(folder), namespace)


def wrong_namespaces() -> Iterator[Case]:
    for name in (*SUMS_SPACES, PROVENANCE_NAMESPACE):
        yield on_files(UNFIT, partial(sums_in, name), "ssh-keygen")
    for name in (*PROVENANCE_SPACES, SUMS_NAMESPACE):
        yield on_files(UNFIT, partial(provenance_in, name), "openssl")


KINDS = (("-t", "ed25519"), ("-t", "ecdsa", "-b", "256"), ("-t", "rsa", "-b", "2048"))


def unknown_key(release: SignedRelease, number: int) -> Path:
    """A key that nobody listed."""
    path = release.base / "keys" / f"stranger{number}"
    return path if path.exists() else make_key(path, *KINDS[number % 3])


def sums_by(number: int, release: SignedRelease, folder: Path) -> None:
    key = unknown_key(release, number)
    (folder / SIGNATURE).write_bytes(ssh_sign(key, SUMS_NAMESPACE, (folder / SUMS).read_bytes()))


def provenance_by(number: int, release: SignedRelease, folder: Path) -> None:
    sign_payload(unknown_key(release, number), folder, payload_of(folder))


def tag_by(number: int, release: SignedRelease, _folder: Path, clone: Path) -> None:
    retag(clone, f"{TAG}^{{}}", unknown_key(release, number))


def wrong_keys() -> Iterator[Case]:
    for number in range(7):
        yield on_files(UNKNOWN_KEY, partial(sums_by, number), "ssh-keygen")
        yield on_files(UNKNOWN_KEY, partial(provenance_by, number), "openssl")
    for number in range(6):
        yield Case(partial(tag_by, number), UNKNOWN_KEY, frozenset({"git"}), in_git=True)


OTHER_TYPES = (
    "application/json",
    "application/vnd.in-toto",
    "application/vnd.in-toto+JSON",
    "application/vnd.in-toto+json/",
    "application/vnd.in-toto+jsonl",
    "application/vnd.in-toto.provenance+dsse",
    "application/vnd.in_toto+json",
    "application/vnd.cyclonedx+json",
    "application/octet-stream",
    PAYLOAD_TYPE.upper(),
    PAYLOAD_TYPE.title(),
    f"{PAYLOAD_TYPE} ",
    f" {PAYLOAD_TYPE}",
    f"{PAYLOAD_TYPE}\n",
    f"{PAYLOAD_TYPE}\0",
    f"{PAYLOAD_TYPE}; charset=utf-8",
    "text/plain",
    "in-toto",
    "x",
    "",
)


def retype(kind: str, _release: SignedRelease, folder: Path) -> None:
    write_envelope(folder, payloadType=kind)


def payload_types() -> Iterator[Case]:
    for kind in OTHER_TYPES:
        yield on_files("payloadType", partial(retype, kind), "openssl")


def indented(indent: int, end: str, payload: bytes) -> bytes:
    return (json.dumps(json.loads(payload), indent=indent) + end).encode()


REENCODINGS: tuple[Callable[[bytes], bytes], ...] = (
    *(partial(indented, indent, end) for indent in (0, 1, 2, 3, 4, 8) for end in ("", "\n")),
    lambda payload: json.dumps(json.loads(payload)).encode(),
    lambda payload: json.dumps(dict(reversed(json.loads(payload).items())), separators=(",", ":")).encode(),
    lambda payload: payload + b"\n",
    lambda payload: b" " + payload,
    lambda payload: payload.replace(b"demo", b"\\u0064emo"),
    lambda payload: payload.replace(b"/", b"\\/"),
    lambda payload: payload.replace(b",", b", "),
    lambda payload: payload.replace(b":{", b":\t{"),
)


def reencode(change: Callable[[bytes], bytes], _release: SignedRelease, folder: Path) -> None:
    """The same statement in other bytes."""
    payload = payload_of(folder)
    changed = change(payload)
    assert json.loads(changed) == json.loads(payload)
    assert changed != payload
    write_envelope(folder, payload=base64.b64encode(changed).decode())


def reencoded_payloads() -> Iterator[Case]:
    for change in REENCODINGS:
        yield on_files(UNFIT, partial(reencode, change), "openssl")


def drop(subjects: tuple[int, ...], signed: bool, release: SignedRelease, folder: Path) -> None:
    """Leave subjects out; `signed` by the true key, as if the maintainer had been tricked."""
    statement = json.loads(payload_of(folder))
    statement["subject"] = [x for at, x in enumerate(statement["subject"]) if at not in subjects]
    changed = canonical_bytes(statement)
    if signed:
        sign_payload(release.key, folder, changed)
    else:
        write_envelope(folder, payload=base64.b64encode(changed).decode())


def dropped_subjects() -> Iterator[Case]:
    for number in range(5):
        yield on_files("states other files than the release", partial(drop, (number,), True))
        yield on_files(UNFIT, partial(drop, (number,), False), "openssl")
    for pair in combinations(range(5), 2):
        yield on_files(UNFIT, partial(drop, pair, False), "openssl")
