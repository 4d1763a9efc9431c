"""Lenient JSON of any size: the same values as the standard reader, long lists as arrays, limits."""

from __future__ import annotations

import contextlib
import json
from array import array
from io import BytesIO
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import InvalidInput
from obrelease.importers import json_stream
from obrelease.importers.json_stream import JsonDocument, read_beginning, read_stream

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def read(data: bytes, keep: Literal["first", "last"] = "last") -> JsonDocument:
    return read_stream(lambda: BytesIO(data), len(data), "x.json", keep=keep)


def value_of(data: bytes) -> Any:
    return read(data).value


@given(VALUES)
def test_values_are_those_of_the_standard_reader(value: Any) -> None:
    """Rule: standard JSON has the same value as for the standard reader, integers of any size included."""
    data = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    if b"\xed" in data:
        data = json.dumps(value).encode()
    expected = json.loads(data)
    if "\\ud" not in data.decode("utf-8").lower():
        assert value_of(data) == expected


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"checksum": 12345678901234567890}', {"checksum": 12345678901234567890}),
        (b'{"a": 1e400, "b": -1e400}', {"a": float("inf"), "b": float("-inf")}),
        (b'{"a": NaN}', {"a": "NaN"}),
        (b"[" + b"9" * 4_000 + b"]", [int("9" * 4_000)]),
        (b"[1e99999999999999999999, -1e9999999, 2e-99999999]", ["Infinity", "-Infinity", 0]),
        (b'["caf\xe9"]', ["caf\\xe9"]),
        ('{"a": "\u0394"}'.encode("utf-16"), {"a": "\u0394"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'["a\tb"]', ["a\tb"]),
        (rb'["\ud800", "\udfff"]', ["\\ud800", "\\udfff"]),
        (b" 5 ", 5),
    ],
)
def test_what_tools_write_is_read(data: bytes, value: Any) -> None:
    assert value_of(data) == value


def test_a_long_list_of_numbers_is_an_array() -> None:
    numbers = [index / 8 for index in range(100_000)]
    found = value_of(json.dumps({"a": [{"data": numbers}], "b": [1]}).encode())
    assert isinstance(found["a"][0]["data"], array)
    assert found["a"][0]["data"].tolist() == numbers
    assert found["b"] == [1]


@pytest.mark.parametrize("odd", ["x", None, True, {"k": 1}, [1]])
@pytest.mark.parametrize("at", [0, 1_500, 60_000, 99_999])
def test_a_long_list_with_something_else_stays_a_list(odd: Any, at: int) -> None:
    values: list[Any] = [float(index) for index in range(100_000)]
    values[at] = odd
    assert value_of(json.dumps([values, 7]).encode()) == [values, 7]


def test_a_long_list_of_large_integers_is_an_array_of_the_nearest_doubles() -> None:
    found = value_of(json.dumps([2**64 + 1] * 3_000 + [10**400] * 3).encode())
    assert found.tolist() == [2.0**64] * 3_000 + [float("inf")] * 3


@pytest.mark.parametrize(("keep", "value"), [("first", 1), ("last", 3)])
def test_a_repeated_key_is_named(keep: Literal["first", "last"], value: int) -> None:
    document = read(b'{"r": [{}, {"a": 1, "b": 0, "a": 2, "a": 3}]}', keep)
    assert document.value["r"][1] == {"a": value, "b": 0}
    assert document.duplicates == ("x.json: $.r[1].a",) * 2


@pytest.mark.parametrize("keep", ["first", "last"])
def test_values_below_a_repeated_key_do_not_mix(keep: Literal["first", "last"]) -> None:
    lists = {"first": [1.0] * 3_000, "last": [2.0] * 3_000}
    document = read(f'{{"a": {lists["first"]}, "a": {lists["last"]}}}'.encode(), keep)
    assert list(document.value["a"]) == lists[keep]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1,}', "line 1 column"),
        (b'{\n "a": [1, 2\n', "is cut off: it ends at byte 14, within $.a[2]"),
        (b"[1] [2]", "Extra data"),
        (b"[01]", "line 1 column"),
        (b"nothing", "line 1 column 1"),
        (b'["' + b"x" * 17_000_000 + b'"]', "a text has more than 16,777,216 characters"),
        (b"[" + b"9" * 5_000 + b"]", "a number has more than 4,000 digits"),
        (b"[" + b" " * 65_000 + b"9" * 2_000_000 + b"]", "a number has more than 4,000 digits"),
        (b"[" * 100 + b"]" * 100, "nested deeper than 64"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "nested deeper than 64"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=r"x\.json: ") as caught:
        read(data)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("limit", "data", "message"),
    [
        ("MAX_PARTS", b'[{"a":{}}' + b',{"a":{}}' * 50 + b"]", "more than 100 values and keys"),
        ("MAX_NUMBERS", b"[" + b"1," * 200 + b"1]", "more than 100 numbers"),
        ("MAX_KEPT_TEXT", b'["' + b"x" * 101 + b'"]', "more than 100 characters"),
        ("MAX_TEXT_CHARACTERS", b'["' + b"x" * 200_000 + b'"]', "a text has more than 100 characters"),
    ],
)
def test_hostile_documents_are_bounded(
    monkeypatch: pytest.MonkeyPatch, limit: str, data: bytes, message: str
) -> None:
    monkeypatch.setattr(json_stream, limit, 100)
    with pytest.raises(InvalidInput, match=f"x.json: .*{message}"):
        read(data)


@given(st.integers(0, 400))
def test_the_beginning_of_a_document_is_read_wherever_it_ends(length: int) -> None:
    """Rule: what a cut document holds is found, and nothing fails."""
    whole = json.dumps(
        {
            "context": {"num_cpus": 8, "caches": [{"level": 1}]},
            "benchmarks": [{"name": "a", "real_time": 1.5}],
        }
    )
    found = read_beginning(whole[:length].encode())
    assert found is None or set(found) <= {"context", "benchmarks"}
    assert read_beginning(whole.encode()) == json.loads(whole)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Rule: bytes that no tool wrote are refused by the error tree."""
    with contextlib.suppress(InvalidInput):
        assert len(read(data).duplicates) <= 20


@pytest.mark.parametrize("text", [b"", b"no results\n", b"nul", b"x", b'{"a": no}', b"[no", b"1 2"])
def test_text_that_is_no_json_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"x\.json: line 1 column"):
        read(text)
