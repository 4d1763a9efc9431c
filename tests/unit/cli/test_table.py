"""Tables fit the terminal: columns leave by importance, sentences continue below, no word is broken."""

from __future__ import annotations

import pytest

from obrelease.cli.console import table as module
from obrelease.cli.console.table import facts, prose, table
from obrelease.cli.console.wrapping import wrapped

HEADER = ("METRIC", "BASE", "P", "VERDICT")
ROWS = (
    ("parse/large/utf-8", "12.5 ms", "0.0021", "worse: significant and large enough"),
    ("emit", "3 ms", "0.9000", "same: the interval is within 5 %"),
)


def shown(width: int | None, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(module, "terminal_width", lambda: width)
    return table(ROWS, HEADER, optional=("P", "BASE"), text="VERDICT")


def test_a_file_has_every_column_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(None, monkeypatch).splitlines()
    assert len(lines) == 3
    assert lines[0].split() == list(HEADER)
    assert lines[1].endswith("worse: significant and large enough")


@pytest.mark.parametrize("width", [40, 44, 50, 60, 70, 80, 160])
def test_no_line_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(map(len, shown(width, monkeypatch).splitlines())) <= width


@pytest.mark.parametrize("width", [40, 44, 50, 60, 70, 80, 160])
def test_no_word_of_a_sentence_is_broken(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shown(width, monkeypatch).split()
    assert not {"significant", "large", "enough", "interval", "within"} - set(words)


def test_columns_leave_by_importance_and_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "(no room for" not in shown(57, monkeypatch)
    narrow = shown(52, monkeypatch)
    assert narrow.splitlines()[0].split() == ["METRIC", "BASE", "VERDICT"]
    assert "(no room for P;" in narrow
    narrowest = shown(40, monkeypatch)
    assert narrowest.splitlines()[0].split() == ["METRIC", "VERDICT"]
    assert "(no room for BASE, P;" in narrowest


def test_a_small_column_comes_back_where_a_large_one_had_to_leave() -> None:
    rows = [("name", "x", "y" * 30)]
    text = table(rows, ("N", "small", "large"), optional=("small", "large"), width=20)
    assert text.splitlines()[0].split() == ["N", "small"]


def test_names_keep_their_beginning_and_their_end() -> None:
    (_, line) = table([("abcdefghijklmnopqrstuvwxyz", "1")], ("name", "n"), width=20).splitlines()
    assert line == "abcdefg...tuvwxyz  1"


def test_no_rows_are_no_text() -> None:
    assert table((), HEADER) == ""


def test_facts_continue_below_their_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "terminal_width", lambda: 32)
    assert facts([("a", "one two three four five six"), ("long", "")]) == (
        "a     one two three four five\n      six\nlong"
    )


def test_prose_is_broken_between_words_and_keeps_empty_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "terminal_width", lambda: 11)
    assert prose(["one two three", "", "four"]) == "one two\n  three\n\nfour"


def test_a_digest_is_never_broken() -> None:
    assert wrapped(f"sha256 {'ab' * 32}", 20) == ["sha256", "ab" * 32]
