"""Canonical bytes and the strict reader are two directions over one set of values."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import InvalidInput
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.strict_json import parse_strict

LARGEST = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-LARGEST, LARGEST)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda f: not LARGEST < abs(f) < 1e21)
values = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)
surrogates = st.characters(categories=["Cs"])
unfit = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf]),
    st.integers(min_value=LARGEST + 1),
    st.integers(max_value=-LARGEST - 1),
    st.floats(min_value=float(LARGEST + 1), max_value=1e21, exclude_max=True),
    surrogates,
    st.dictionaries(surrogates, st.none(), min_size=1, max_size=1),
)


@given(values)
def test_written_values_are_read_back_equal(value: Any) -> None:
    """Rule: parse_strict(canonical_bytes(v)) == v, and the bytes are a fixed point."""
    data = canonical_bytes(value)
    read = parse_strict(data, "value")
    assert read == value
    assert canonical_bytes(read) == data


@given(values)
def test_the_order_of_keys_and_the_spelling_do_not_matter(value: Any) -> None:
    """Rule (RFC 8785, 1): equal data gives equal bytes, however it was spelled."""
    spelled = json.dumps(value, indent=1, ensure_ascii=True).encode()
    assert canonical_bytes(parse_strict(spelled, "value")) == canonical_bytes(value)


@given(values)
def test_bytes_are_those_of_the_reference_implementation(value: Any) -> None:
    """Rule: stricter than rfc8785, never different from it."""
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 1e21, 1e-7])))
def test_lists_of_floats_are_those_of_the_reference_implementation(floats: list[float]) -> None:
    """Rule: the fast writer of numbers differs in no bit pattern."""
    kept = [number for number in floats if not LARGEST < abs(number) < 1e21]
    assert canonical_bytes({"samples": kept}) == rfc8785.dumps({"samples": kept})


@given(unfit, st.integers(0, 3))
def test_both_directions_refuse_what_rfc_8785_cannot_represent(bad: Any, depth: int) -> None:
    """Rule (RFC 8785, 3.1 and 3.2.2): no NaN, no infinity, no lone surrogate, no inexact integer."""
    value = bad
    for _ in range(depth):
        value = {"inner": [value]}
    with pytest.raises(InvalidInput):
        canonical_bytes(value)
    with pytest.raises(InvalidInput, match=r"^value: \$"):
        parse_strict(json.dumps(value).encode(), "value")


@given(st.dictionaries(texts, integers, min_size=1), st.data())
def test_a_repeated_key_is_refused_at_any_depth(value: dict[str, int], data: st.DataObject) -> None:
    """Rule (RFC 8785, 3.1; I-JSON 2.3): objects have no duplicate names."""
    again = data.draw(st.sampled_from(sorted(value)))
    members = [*value.items(), (again, data.draw(integers))]
    shuffled = data.draw(st.permutations(members))
    text = "{" + ",".join(f"{json.dumps(key)}:{number}" for key, number in shuffled) + "}"
    with pytest.raises(InvalidInput, match="duplicate key"):
        parse_strict(text.encode(), "value")


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:0123456789.eE+-\\u dDnaNtrufls \n').map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    """Rule: no exception outside the error tree; what is read has canonical bytes."""
    try:
        value = parse_strict(data, "noise")
    except InvalidInput:
        return
    assert parse_strict(canonical_bytes(value), "noise") == value
