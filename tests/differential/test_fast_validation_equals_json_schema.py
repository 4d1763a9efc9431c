"""The fast validator gives the oracle's verdicts: on documents as they are, and on documents gone wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.errors import InvalidInput
from obrelease.models.canonical_json import canonical_bytes, is_canonical
from obrelease.models.json_schema import DOCUMENTS, DocumentType
from obrelease.models.packaged_schemas import fast_validator
from obrelease.models.strict_json import parse_and_compare, parse_strict
from obrelease.models.validation import check_document, document_bytes, reference_validator
from tests.differential.spoiled_documents import (
    ARTEFACTS,
    ODD,
    one_document_of_each_kind,
    places,
    sound_documents,
    spoiled,
)
from tests.drafts import draft


def verdicts(kind: DocumentType, value: Any) -> tuple[bool, bool]:
    return fast_validator(kind.file_name).is_valid(value), reference_validator(kind).is_valid(value)


def test_sound_documents_are_sound_for_both() -> None:
    for value in sound_documents():
        assert verdicts(ARTEFACTS[value["version"]], value) == (True, True)


@pytest.mark.parametrize(
    "documents",
    [one_document_of_each_kind, pytest.param(sound_documents, marks=pytest.mark.nightly)],
    ids=lambda documents: documents.__name__,
)
def test_the_same_verdict_on_thousands_of_spoiled_documents(documents: Callable[[], list[Any]]) -> None:
    """Bar: no difference; and both verdicts occur often, so that agreement is informative."""
    chance = random.Random(42)
    seen = {True: 0, False: 0}
    for value in documents():
        kind = ARTEFACTS[value["version"]]
        for at in places(value):
            for _ in range(4):
                wrong = spoiled(value, at, chance)
                fast, slow = verdicts(kind, wrong)
                assert fast == slow, (at, wrong)
                seen[fast] += 1
    assert min(seen.values()) > 200
    assert sum(seen.values()) > 2_000


@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
def test_the_same_verdict_on_odd_values_for_each_document(kind: DocumentType) -> None:
    for value in (*ODD, *({"format": odd, "version": 1} for odd in ODD)):
        fast, slow = verdicts(kind, value)
        assert fast == slow is False


def test_a_line_end_after_a_digest_is_refused_whichever_validator_is_asked() -> None:
    """`$` lets Python's own patterns end before a line end; the model comes first and does not."""
    value = json.loads(document_bytes(draft(1)))
    value["outcome"]["events_digest"] += "\n"
    assert [problem.rule for problem in check_document(canonical_bytes(value), "x")[1]] == ["model"]


numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | st.floats(allow_nan=False, width=16)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(values, st.data())
def test_canonical_is_what_the_writer_writes(value: Any, data: st.DataObject) -> None:
    """Rule: `is_canonical` says yes to `canonical_bytes` and no to every other spelling of the value."""
    try:
        written = canonical_bytes({"value": value})
    except InvalidInput:
        return
    assert is_canonical(parse_strict(written, "x"), written)
    for other in (
        json.dumps({"value": value}).encode(),
        json.dumps({"value": value}, separators=(",", ":"), ensure_ascii=False).encode(),
        json.dumps({"value": value}, separators=(",", ":"), sort_keys=True).encode(),
        written + b"\n",
        written.replace(b":", b": ", 1),
    ):
        assert is_canonical(parse_strict(other, "x"), other) == (other == written)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (b'{"a":100.0}', False), (b'{"a":100}', True), (b'{"a":1e3}', False), (b'{"a":1e+21}', True),
        (b'{"a":1E3}', False), (b'{"a":-0}', False), (b'{"a":-0.0}', False), (b'{"a":0.5}', True),
        (b'{"a":1e-7}', True), (b'{"a":0.0000001}', False), (b'{"a":0.50}', False), (b'{"b":1,"a":2}', False),
        (b'{"a":"1e5"}', True), (b'{"a":"\\u0041"}', False), (b'{"a":"\\/"}', False),
        (b'{"a":[1.5,-2.0]}', False),
        (b'{"a":1.5e-7}', True), (b'{"a":0.000001}', True), (b'{"a":"\\u001f"}', True),
        (b'{"a":"\\u001F"}', False),
    ],
)  # fmt: skip
def test_spellings_that_two_writers_choose_differently(text: bytes, canonical: bool) -> None:
    value = parse_strict(text, "x")
    assert is_canonical(value, text) == canonical == (canonical_bytes(value) == text)


JSON_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
NEARLY_CANONICAL: Final = (
    b"null", b"1", b"-0", b"1.0", b"1.50", b"1e2", b"0.0000001", b"9007199254740991", b"9007199254740992",
    b"1234567890123456.5", b'{"a":1,"a":1}', b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u007f"', b'"\\ud800"',
    b"NaN", b"[Infinity]", b'"\xc3\xa9"', b'"a\nb"', b"[" * 70 + b"]" * 70, b"[" * 64 + b"]" * 64, b"[1,]",
    b"", b"\xff", b'{"0":"12345678901234567890"}', b"0.1", b'{"a":[1,2.5,"x"]}', b"[[[]]]", b"[[],[],{}]" * 2,
    b"[0.000001]", b"[0.0000001]", b"[1e-7]", b"[1.0000001]", b"[100000000000000000000]", b"[1e+21]",
    b"[1e21]", b"[999999999999999]", b"[1000000000000000]", b"[-9007199254740993]",
    b'{"a":-1000000000000000}',
    b"[-0]",
    *(f'"\\u{code:04x}"'.encode() for code in range(32)), b'"\\t\\n\\"\\\\"', b'"\\/"',
    b'{"\\u001f":1,"\\t":2}', b'{"\\t":2,"\\u001f":1}',
)  # fmt: skip


def strict_reading(data: bytes) -> tuple[str, bool] | str:
    try:
        value = parse_strict(data, "it")
        return repr(value), is_canonical(value, data)
    except InvalidInput as error:
        return str(error)


def quick_reading(data: bytes) -> tuple[str, bool] | str:
    try:
        value, known_canonical = parse_and_compare(data, "it")
        return repr(value), known_canonical or is_canonical(value, data)
    except InvalidInput as error:
        return str(error)


@pytest.mark.parametrize("data", NEARLY_CANONICAL)
def test_texts_that_are_nearly_canonical_are_read_as_by_the_strict_reader(data: bytes) -> None:
    assert quick_reading(data) == strict_reading(data)


@settings(max_examples=200)
@given(value=JSON_VALUES, ascii_only=st.booleans())
def test_every_text_is_read_as_by_the_strict_reader(value: Any, *, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"), sort_keys=True)
    text = data.encode("utf-8", "surrogatepass")
    assert quick_reading(text) == strict_reading(text)
