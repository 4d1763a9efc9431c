"""Readers of signed documents: whatever bytes come, the answer is a value or an error of the tree."""

from __future__ import annotations

import base64
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from obrelease.bundle.signing.armor import (
    from_armor,
    from_base64,
    to_armor,
    to_base64,
)
from obrelease.errors import ObreleaseError
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.provenance import PAYLOAD_TYPE, envelope_bytes, pae, read_envelope, read_statement
from obrelease.models.release_policy import read_release_policy
from obrelease.release.verify.tag_message import compose_message, digests_in, signatures_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
FIELDS = st.sampled_from(["payload", "payloadType", "signatures", "_type", "subject", "predicate", "format"])
DOCUMENTS = st.dictionaries(FIELDS, JSON).map(canonical_bytes)
KEYID = "SHA256:" + "A" * 43


@given(st.binary() | DOCUMENTS)
def test_only_errors_of_our_tree_are_raised(data: bytes) -> None:
    """ "Readers: no exception outside the error tree"."""
    with suppress(ObreleaseError):
        read_envelope(data, "x")
    with suppress(ObreleaseError):
        read_statement(data, "x")
    with suppress(ObreleaseError):
        read_release_policy(data, "x")
    with suppress(ObreleaseError):
        from_armor(data, "x")
    with suppress(ObreleaseError):
        from_base64(data.decode("latin-1"), "x")


@given(st.binary())
def test_a_payload_is_read_back(payload: bytes) -> None:
    """ "The payload's bytes are hashed as kept, never re-serialised"."""
    envelope, found = read_envelope(envelope_bytes(payload, KEYID, "AAAA"), "x")
    assert found == payload
    assert pae(envelope.payload_type, found) == b"DSSEv1 28 %b %d %b" % (
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )


@given(st.binary(max_size=3000).map(lambda tail: b"SSHSIG" + tail))
def test_a_signature_has_one_encoding(blob: bytes) -> None:
    """ "No byte of a signature file can be changed unnoticed"."""
    assert from_armor(to_armor(blob), "x") == blob
    assert from_base64(to_base64(blob), "x") == blob
    assert to_armor(blob).count(b"\n") == 2 + -(-len(base64.b64encode(blob)) // 70)


@given(st.binary(min_size=1, max_size=300), st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_a_tag_message_keeps_its_content(blob: bytes, digest: str) -> None:
    """ "The signed tag carries the digests and the signatures"."""
    signatures = {"sums": to_base64(blob), "provenance": to_base64(blob + b"x")}
    message = compose_message("demo", "v1", {"bundle": digest}, signatures)
    assert digests_in(message) == {"bundle": digest}
    assert signatures_in(message) == signatures
