"""RFC 8785 bytes: the RFC's own vectors, and every value that has no such bytes."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from obrelease.errors import InvalidInput
from obrelease.models.canonical_json import canonical_bytes, is_canonical
from obrelease.models.json_values import MAX_BRACKETS, MAX_DEPTH, MAX_SEPARATORS
from obrelease.models.strict_json import parse_strict

RFC_8785_APPENDIX_B = [
    (0x0000000000000000, "0"),
    (0x8000000000000000, "0"),
    (0x0000000000000001, "5e-324"),
    (0x8000000000000001, "-5e-324"),
    (0x7FEFFFFFFFFFFFFF, "1.7976931348623157e+308"),
    (0xFFEFFFFFFFFFFFFF, "-1.7976931348623157e+308"),
    (0x44B52D02C7E14AF5, "9.999999999999997e+22"),
    (0x44B52D02C7E14AF6, "1e+23"),
    (0x44B52D02C7E14AF7, "1.0000000000000001e+23"),
    (0x444B1AE4D6E2EF50, "1e+21"),
    (0x3EB0C6F7A0B5ED8C, "9.999999999999997e-7"),
    (0x3EB0C6F7A0B5ED8D, "0.000001"),
    (0x41B3DE4355555553, "333333333.3333332"),
    (0x41B3DE4355555557, "333333333.33333343"),
    (0xBECBF647612F3696, "-0.0000033333333333333333"),
]


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(("bits", "text"), RFC_8785_APPENDIX_B)
def test_numbers_are_written_as_in_the_rfc(bits: int, text: str) -> None:
    (number,) = struct.unpack(">d", struct.pack(">Q", bits))
    assert canonical_bytes(number) == text.encode()


def test_the_example_of_the_rfc() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical_bytes(value) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_by_utf16_units() -> None:
    """The RFC's example of section 3.2.3: code points order the last two the other way round."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical_bytes(dict.fromkeys(keys, 0)).decode()
    assert written == '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'


@pytest.mark.parametrize(
    ("value", "place", "reason"),
    [
        (float("nan"), "$", "finite"),
        ({"a": [1.0, float("inf")]}, "$.a[1]", "finite"),
        ({"a": 2**53}, "$.a", "2^53-1"),
        ([-(2**53)], "$[0]", "2^53-1"),
        ([1e16], "$[0]", "2^53-1"),
        ({"a": "\ud800"}, "$.a", "surrogate"),
        ({"\udfff": 1}, "$", "surrogate"),
        ({1: 1}, "$", "not text"),
        ({"a": {"b": np.int64(1)}}, "$.a.b", "int64"),
        ([b"x"], "$[0]", "bytes"),
        ({"a\x1b[31m": {1}}, "$['a\\x1b[31m']", "set"),
        (nested(MAX_DEPTH + 1), "[0]", "nested deeper"),
    ],
)
def test_a_value_without_canonical_bytes_is_refused_with_its_path(
    value: Any, place: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        canonical_bytes(value)
    assert place in caught.value.message
    assert reason in caught.value.message


def test_the_limits_of_the_range_are_accepted() -> None:
    assert canonical_bytes([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"
    assert canonical_bytes(nested(MAX_DEPTH)) == b"[" * MAX_DEPTH + b"]" * MAX_DEPTH


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ([0] * (MAX_SEPARATORS + 2), "1500000 commas and colons"),
        ([[]] * MAX_BRACKETS, "1000000 arrays and objects"),
        (["x" * 2**20] * 17, "larger than 16777216 bytes"),
    ],
    ids=["separators", "brackets", "bytes"],
)
def test_a_document_that_could_not_be_read_back_is_not_written(value: Any, limit: str) -> None:
    with pytest.raises(InvalidInput, match=limit) as caught:
        canonical_bytes(value)
    assert "fewer" in str(caught.value.hint)


@pytest.mark.parametrize(("text", "canonical"), [(b"1.0", False), (b"1", True), (b"1e0", False)])
def test_a_number_alone_has_one_form(text: bytes, canonical: bool) -> None:
    assert is_canonical(parse_strict(text, "value"), text) == canonical
