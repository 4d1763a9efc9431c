"""Messages are broken between words; commands and names in quotes stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.cli.console.wrapping import wrapped, wrapped_text

COMMAND = "`obrelease diff 1c9f0a2b a041 --policy policy.toml`"


def test_a_command_is_not_broken() -> None:
    lines = wrapped(f"next: {COMMAND} compares it with the run before", 40, indent="  ")
    assert lines == ["next:", f"  {COMMAND}", "  compares it with the run before"]


def test_a_name_in_quotes_is_not_broken_and_an_apostrophe_is_no_quote() -> None:
    assert wrapped("no run has 'kind=bench commit=1c9f' here", 24) == [
        "no run has",
        "'kind=bench commit=1c9f'",
        "here",
    ]
    assert wrapped("the runs' metrics and their hosts' names", 20) == [
        "the runs' metrics",
        "and their hosts'",
        "names",
    ]


def test_spaces_before_a_line_stay() -> None:
    assert wrapped("  one two three", 9, indent="  ") == ["  one two", "    three"]


@pytest.mark.parametrize("width", [None, 500])
def test_a_pipe_gets_every_line_as_it_is(width: int | None) -> None:
    text = "error:  two  spaces\n\nhint: `a  b`"
    assert wrapped_text(text, width) == text


@given(
    st.lists(st.text("abc-/.`'", min_size=1, max_size=30), min_size=1, max_size=30),
    st.integers(10, 80),
)
def test_no_word_is_lost_or_broken_and_no_line_is_too_long(words: list[str], width: int) -> None:
    for whole in (True, False):
        lines = wrapped(" ".join(words), width, indent="  ", whole=whole)
        assert [word for line in lines for word in line.split()] == words
    for line in lines:
        assert len(line) <= width or len(line.split()) == 1
