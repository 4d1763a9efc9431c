"""A table of any content, at any width: no line is wider than the terminal, and no word is broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obrelease.cli.console.table import table

WORD = st.text("abcdefg0123/-.", min_size=1, max_size=18)
NAME = st.text("abcdefg/_[]", min_size=1, max_size=60) | st.lists(WORD, min_size=1, max_size=6).map(" ".join)
SENTENCE = st.lists(WORD, max_size=12).map(" ".join)
LEAST = 14
WIDTH = st.integers(24, 200)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], list[str], list[str], str | None]:
    """Rows, header, optional columns and the column of sentences; the first column has names."""
    header = draw(st.lists(WORD, min_size=1, max_size=9, unique=True))
    text = draw(st.sampled_from([None, *header[1:]]))
    row = [NAME, *(SENTENCE if name == text else WORD for name in header[1:])]
    rows = draw(st.lists(st.tuples(*row).map(list), min_size=1, max_size=6))
    optional = draw(st.permutations([name for name in header[1:] if name != text]))
    return rows, header, optional[: draw(st.integers(0, len(optional)))], text


@given(tables(), WIDTH)
def test_no_line_is_wider_than_the_terminal(
    made: tuple[list[list[str]], list[str], list[str], str | None], width: int
) -> None:
    rows, header, optional, text = made
    for line in table(rows, header, optional=optional, text=text, width=width).splitlines():
        assert len(line) <= width or len(line.split()) == 1


@given(tables(), WIDTH)
def test_no_word_is_broken_and_none_of_a_shown_column_is_lost(
    made: tuple[list[list[str]], list[str], list[str], str | None], width: int
) -> None:
    rows, header, optional, text = made
    shown = table(rows, header, optional=optional, text=text, width=width)
    words = shown.split()
    left_out = set()
    if "(no room for " in shown:
        note = " ".join(shown.partition("(no room for ")[2].split())
        left_out = set(note.partition(";")[0].split(", "))
    assert left_out <= set(optional)
    for number, name in enumerate(header):
        if name in left_out:
            continue
        for row in rows:
            # A word of a name that is wider than the least width of names may be cut.
            whole = {word for word in row[number].split() if number > 0 or len(row[number].split()) > 1}
            if number > 0 or max(map(len, whole), default=0) <= LEAST:
                assert whole <= set(words)


@given(tables())
def test_a_file_has_everything(made: tuple[list[list[str]], list[str], list[str], str | None]) -> None:
    rows, header, optional, text = made
    lines = table(rows, header, optional=optional, text=text).splitlines()
    assert [line.split() for line in lines] == [" ".join(row).split() for row in (header, *rows)]
