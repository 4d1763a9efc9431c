"""Verdicts and states with a shape before the word, so that they are found at a glance and without colour.

Shapes are for people at a terminal: a file or a pipe gets the word alone. A stream whose encoding has no such
shape gets a letter of the same width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Final, TextIO


class Meaning(Enum):
    """What a mark says; each has a shape."""

    GOOD = "✓"
    BAD = "✗"
    OPEN = "~"
    """Nothing is proven, or somebody has to look."""

    SAME = "="


_WORDS: Final = {
    Meaning.GOOD: ("better", "passed", "ok", "reproduced"),
    Meaning.BAD: ("worse", "regression", "FAILED", "DAMAGED", "bad", "refused"),
    Meaning.OPEN: ("inconclusive", "changed", "unstable", "note", "not checked"),
    Meaning.SAME: ("same",),
}
_MEANINGS: Final = {word: meaning for meaning, words in _WORDS.items() for word in words}
_CHANGES: Final = {"worse": "▲ worse", "better": "▼ better", "changed": "◆ changed"}
"""The marks of change points, with the shapes that their plots have."""

_SHAPES: Final = {meaning.value: meaning for meaning in Meaning} | {
    mark[0]: _MEANINGS[word] for word, mark in _CHANGES.items()
}

MARKED: Final = re.compile(r"(?:^|(?<=  )|(?<=: ))[✓✗~▲▼◆] [^\n:]*?(?=  |:|$)", re.MULTILINE)
"""A mark at the beginning of a line or a cell, or after `gate: `, with its words."""

_ASCII: Final = str.maketrans("✓✗▲▼◆─…▁▂▃▄▅▆▇█", "+x^v*-._.-:=+*#")

_with_shapes: ContextVar[bool] = ContextVar("with_shapes", default=False)


@contextmanager
def shapes(wanted: bool) -> Iterator[None]:
    """Give marks a shape, or not, while a command runs."""
    token = _with_shapes.set(wanted)
    try:
        yield
    finally:
        _with_shapes.reset(token)


def marked(word: str, text: str | None = None) -> str:
    """A verdict with its shape: `✗ worse`.

    Args:
        text: what is shown in place of the word, such as `2 FAILED`.
    """
    shown = word if text is None else text
    meaning = _MEANINGS.get(word)
    if not _with_shapes.get():
        return shown
    return f"{' ' if meaning is None else meaning.value} {shown}"


def change_mark(verdict: str) -> str:
    """The mark of a change point, `worse`, `better` or `changed`; it has its shape in files as well."""
    return _CHANGES[verdict]


def meaning_of(mark: str) -> Meaning:
    """What a text that `MARKED` finds says."""
    return _SHAPES[mark[0]]


def in_encoding(text: str, stream: TextIO | None) -> str:
    """A text for a stream: without its shapes if the encoding does not have them."""
    if text.isascii() or stream is None:
        return text
    try:
        text.encode(stream.encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII)
    return text
