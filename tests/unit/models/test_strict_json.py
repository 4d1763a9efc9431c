"""The JSON reader refuses what two readers could interpret differently, and names the position."""

from __future__ import annotations

import pytest

from obrelease.errors import InvalidInput
from obrelease.models.json_values import MAX_BRACKETS, MAX_DEPTH
from obrelease.models.strict_json import parse_strict

REFUSED = {
    "duplicate key": (b'{"a":{"b":1,"b":2}}', "$.a: duplicate key 'b'"),
    "duplicate key by escape": (b'{"a":1,"\\u0061":2}', "$: duplicate key 'a'"),
    "duplicate in a duplicate": (b'{"a":{"b":1,"b":2},"a":1}', "$: duplicate key 'a'"),
    "NaN": (b'{"x":[0,NaN]}', "$.x[1]: NaN"),
    "Infinity": (b"[Infinity]", "$[0]: Infinity"),
    "-Infinity": (b"[-Infinity]", "$[0]: -Infinity"),
    "1e400": (b'{"x":1e400}', "$.x: number is not finite"),
    "2^53": (b"[9007199254740992]", "$[0]: integer"),
    "-2^53": (b"[-9007199254740992]", "$[0]: integer"),
    "5,000 digits": (b"[" + b"9" * 5000 + b"]", "$[0]: integer"),
    "float beyond 2^53": (b"[1e17]", "$[0]: number"),
    "lone surrogate": (b'{"x":"\\ud83d"}', "$.x: lone surrogate"),
    "swapped surrogates": (b'["\\ude00\\ud83d"]', "$[0]: lone surrogate"),
    "surrogate key": (b'{"\\uD800":1}', "$: lone surrogate in key"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "UTF-16": ("{}".encode("utf-16"), "byte 0: not UTF-8"),
    "encoded surrogate": (b'"\xed\xa0\x80"', "byte 1: not UTF-8"),
    "Latin-1": (b'{"x":"\xe9"}', "byte 6: not UTF-8"),
    "too deep": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper than 64"),
    "deep object": (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "nested deeper than 64"),
    "depth bomb": (b"[" * 100_000, "nested deeper than 64"),
    "bracket bomb": (b"[" + b"[]," * MAX_BRACKETS + b"[]]", "more than 1000000 arrays"),
    "control character": (b'{"x":"\n"}', "line 1 column 7"),
    "trailing data": (b"{} {}", "line 1 column 4"),
    "trailing comma": (b"[1,\n 2,]", "line 2 column"),
    "comment": (b"{} // no", "line 1 column 4"),
    "cut": (b'{"x":', "line 1 column 6"),
    "empty": (b"", "line 1 column 1"),
    "single quotes": (b"{'x':1}", "line 1 column 2"),
    "leading zero": (b"[01]", "line 1 column 3"),
    "plus": (b"[+1]", "line 1 column 2"),
}


@pytest.mark.parametrize(("data", "complaint"), REFUSED.values(), ids=REFUSED.keys())
def test_ambiguous_text_is_refused_with_its_position(data: bytes, complaint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_strict(data, "run.json")
    assert caught.value.message.startswith("run.json: ")
    assert complaint in caught.value.message
    assert len(caught.value.message) < 1_000


def test_size_is_bounded_before_anything_is_read() -> None:
    with pytest.raises(InvalidInput, match=r"run\.json: larger than 10 bytes"):
        parse_strict(b" " * 11, "run.json", limit=10)


def test_plain_documents_are_read() -> None:
    text = b'{"a":[1,-1,0.5,1e-7,1e21,true,false,null,"\\ud83d\\ude00"],"b":{},"n":9007199254740991}'
    assert parse_strict(text, "run.json") == {
        "a": [1, -1, 0.5, 1e-7, 1e21, True, False, None, "😀"],
        "b": {},
        "n": 2**53 - 1,
    }
    assert parse_strict(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "run.json")


def test_a_hostile_key_reaches_the_message_escaped() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_strict(b'{"\\u001b[31mred":{"a":1,"a":2}}', "run.json")
    assert "\x1b" not in caught.value.message
