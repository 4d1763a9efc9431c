"""Changed Sigstore bundles: the result is the same signature or an error of ours, no other exception."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from obrelease.bundle.signing.sigstore_bundle import (
    IgnoredSignature,
    SigstoreSignature,
    SigstoreVerifier,
    TrustedIdentity,
)
from obrelease.errors import InvalidInput, ObreleaseError
from obrelease.storage.hashing import digest_bytes
from tests.sigstore_authority import ISSUER, WORKFLOW, Authority, Bundle, as_json, encode, statement

SUMS = b"the sums\n"
DIGESTS = {"SHA256SUMS": digest_bytes(SUMS)}
TRUSTED = TrustedIdentity(f"{WORKFLOW}@refs/tags/v0.9-beta", ISSUER)
SIGNED = SigstoreSignature(TRUSTED.identity, TRUSTED.issuer, frozenset(DIGESTS))

Place = tuple[str | int, ...]


@cache
def authority() -> Authority:
    return Authority()


@cache
def bundles() -> tuple[Bundle, Bundle]:
    return authority().sign_file(SUMS), authority().attest(statement(DIGESTS))


@cache
def verifier() -> SigstoreVerifier:
    return SigstoreVerifier(authority().trusted_root(), "root.json")


def verify(data: bytes) -> SigstoreSignature | IgnoredSignature:
    return verifier().verify(data, "bundle", digests=DIGESTS, message=("SHA256SUMS", SUMS), trusted=[TRUSTED])


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in a document."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*place, key))


def replaced(value: Any, place: Place, by: Any) -> Any:
    """The document with another value at one place."""
    if not place:
        return by
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[place[0]] = replaced(value[place[0]], place[1:], by)
    return copied


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=20)
    | st.binary(max_size=80).map(lambda data: data.hex())
    | st.sampled_from(["0.0.2", "dsse", "hashedrekord", "intoto", "9" * 5000, "-1", "AAAA", "\n\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_a_value_that_is_replaced_changes_no_verdict_unnoticed(data: st.DataObject) -> None:
    bundle = data.draw(st.sampled_from(bundles()))
    place = data.draw(st.sampled_from(sorted(places(bundle), key=str)))
    with suppress(ObreleaseError):
        assert verify(as_json(replaced(bundle, place, data.draw(JSON)))) == SIGNED


@given(st.data())
def test_bytes_that_are_replaced_change_no_verdict_unnoticed(data: st.DataObject) -> None:
    text = as_json(data.draw(st.sampled_from(bundles())))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 40, len(text))))
    with suppress(ObreleaseError):
        assert verify(text[:start] + data.draw(st.binary(max_size=40)) + text[end:]) == SIGNED


@given(st.data())
def test_a_changed_certificate_is_refused(data: st.DataObject) -> None:
    place = ("verificationMaterial", "certificate", "rawBytes")
    raw = bytearray(base64.b64decode(bundles()[0][place[0]][place[1]][place[2]]))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=4)):
        raw[at] ^= data.draw(st.integers(1, 255))
    with suppress(ObreleaseError):
        assert verify(as_json(replaced(bundles()[0], place, encode(bytes(raw))))) == SIGNED


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_statements_of_any_bytes_end_in_the_tree_of_errors(payload: bytes) -> None:
    with suppress(ObreleaseError):
        assert isinstance(verify(as_json(authority().attest(payload))), IgnoredSignature)


@given(st.data())
def test_a_changed_trusted_root_is_a_root_or_refused(data: st.DataObject) -> None:
    root = json.loads(authority().trusted_root())
    place = data.draw(st.sampled_from(sorted(places(root), key=str)))
    with suppress(InvalidInput):
        SigstoreVerifier(json.dumps(replaced(root, place, data.draw(JSON))).encode(), "root.json")
