"""Lenient decoding: byte order marks, UTF-16 without one, pieces that cut a character."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.importers.text_encoding import decode_chunks, decode_text

TEXT = '{"name": "BM_\u0394<int>", "time": 1.5}\r\n'


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_is_read_in_every_unicode_encoding(codec: str) -> None:
    assert decode_text(TEXT.encode(codec)) == TEXT


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@given(cuts=st.lists(st.integers(4, 200), max_size=5))
def test_pieces_may_cut_a_character(codec: str, cuts: list[int]) -> None:
    """Rule: where a text is cut into pieces does not matter, after its first four bytes."""
    data = (TEXT * 2).encode(codec)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(edges)]
    if codec == "utf-16-be":
        pieces = [data]  # without a mark, the beginning decides
    assert "".join(decode_chunks(pieces)) == TEXT * 2


def test_bytes_that_are_no_text_stay_apart() -> None:
    assert decode_text(b"caf\xe9") == "caf\\xe9" != decode_text(b"caf\xe8")
    assert decode_text(b"") == ""


@given(st.binary(max_size=300))
def test_no_bytes_fail(data: bytes) -> None:
    """Rule: every file is a text."""
    assert isinstance(decode_text(data), str)
