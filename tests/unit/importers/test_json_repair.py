"""Oddities of real tools become standard JSON, wherever a piece of the text ends."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import InvalidInput
from obrelease.importers import json_repair
from obrelease.importers.json_repair import repair_json


def repaired(*texts: str) -> bytes:
    return b"".join(repair_json(texts, "x.json"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '{"a": NaN, "b": [Infinity,-Infinity, nan,-inf , +inf]}',
            ["NaN", "Infinity", "-Infinity", "NaN", "-Infinity", "Infinity"],
        ),
        (
            '{"a": -nan(ind), "b": [1.#INF, -1.#INF, -1.#IND, 1.#QNAN]}',
            ["NaN", "Infinity", "-Infinity", "NaN", "NaN"],
        ),
    ],
)
def test_numbers_that_are_not_finite_become_texts(text: str, value: list[str]) -> None:
    document = json.loads(repaired(text))
    assert [document["a"], *document["b"]] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a NaN, Infinity: [inf]"', "a NaN, Infinity: [inf]"),
        ('"a\tb\nc\x00"', "a\tb\nc\x00"),
        (r'"\x41 \q"', r"\x41 \q"),
        (r'"\ud800"', r"\ud800"),
        (r'"\ud83d\ude00 \u00e9"', "\U0001f600 \u00e9"),
        ('"caf\udce9"', r"caf\xe9"),
        (r'"ends with \\"', "ends with \\"),
        (r'"C:\\new\"x\""', r'C:\new"x"'),
    ],
)
def test_texts_keep_what_they_say(text: str, value: str) -> None:
    assert json.loads(repaired(text)) == value


@pytest.mark.parametrize("text", ["[1e5, 2E-3, -0.5, true, false, null]", '{"info": 1}', "[]", ""])
def test_standard_json_is_not_changed(text: str) -> None:
    assert repaired(text) == text.encode()


ODD = '{"a\\"b": NaN, "c": "x\\\\", "d": [-Infinity, "\\ud800\\ud83d\\ude00", 1e5], "e": "\tNaN"}'


@given(st.lists(st.integers(0, len(ODD)), max_size=6))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    """Rule: a text in pieces is repaired as the whole text."""
    edges = sorted({0, len(ODD), *cuts})
    assert repaired(*(ODD[a:b] for a, b in pairwise(edges))) == repaired(ODD)


@given(st.text(max_size=60))
def test_no_text_fails(text: str) -> None:
    """Rule: whatever the text, it is given back as bytes of UTF-8."""
    repaired(text).decode("utf-8")


def test_a_text_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_repair, "MAX_TEXT_CHARACTERS", 1_000)
    with pytest.raises(InvalidInput, match=r"x.json: a text has more than 1,000 characters"):
        repaired('"', *["y" * 300] * 5)
