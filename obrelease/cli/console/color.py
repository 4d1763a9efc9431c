"""Colour: when it is used, and what it is used for.

Text is painted last, after escaping and layout, so no width counts an escape sequence and no file can bring
one. A painted text says the same without its colours: verdicts have a word and a shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TextIO

from obrelease.cli.console.marks import MARKED, Meaning, meaning_of


class ColorChoice(StrEnum):
    """The values of `--color`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


_OPTION: Final = "--color"
_RESET: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_NAME: Final = "\x1b[36m"
_COLORS: Final = {Meaning.GOOD: "\x1b[32m", Meaning.BAD: "\x1b[31m", Meaning.OPEN: "\x1b[33m"}
_PREFIXES: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "hint": "\x1b[1;36m",
    "note": "\x1b[1;36m",
    "next": "\x1b[1;36m",
}
_PREFIX: Final = re.compile(rf"^({'|'.join(_PREFIXES)}):", re.MULTILINE)
_HEADING: Final = re.compile(r"^(?:[A-Z][a-z]+(?: [a-z]+)*:)", re.MULTILINE)
_FIRST_COLUMN: Final = re.compile(r"^  (\S+(?: \S+)*)(?=  +\S|$)", re.MULTILINE)


def color_choice(words: Sequence[str]) -> ColorChoice:
    """The `--color` of a command line, before it is parsed: errors of the parser have colours as well."""
    choice = ColorChoice.AUTO
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == "--":
            break
        value = following if word == _OPTION else word.removeprefix(f"{_OPTION}=")
        if word.startswith(_OPTION) and value in set(ColorChoice):
            choice = ColorChoice(value)
    return choice


def uses_color(choice: ColorChoice, stream: TextIO | None) -> bool:
    """Whether text for a stream is painted: by the option, then by the environment, then on a terminal."""
    if choice is not ColorChoice.AUTO:
        return choice is ColorChoice.ALWAYS
    from obrelease.cli.console.settings import color_of_environment

    wanted = color_of_environment()
    return stream is not None and stream.isatty() if wanted is None else wanted


def painted(text: str) -> str:
    """A result with its marks in colour."""
    return MARKED.sub(lambda found: f"{_COLORS[meaning_of(found[0])]}{found[0]}{_RESET}", text)


def painted_message(text: str) -> str:
    """A message with its first word, such as `error:`, in colour."""
    return _PREFIX.sub(lambda found: f"{_PREFIXES[found[1]]}{found[0]}{_RESET}", painted(text))


def painted_help(text: str) -> str:
    """A help text with its headings in bold, and the names of commands and options in colour."""
    usage, heading, rest = text.partition("\nOptions:")
    first, arguments, listed = usage.partition("\nArguments:")
    tables = _FIRST_COLUMN.sub(_painted_name, f"{arguments}{listed}{heading}{rest}")
    return _HEADING.sub(lambda found: f"{_BOLD}{found[0]}{_RESET}", first + tables)


def _painted_name(found: re.Match[str]) -> str:
    return f"  {_NAME}{found[1]}{_RESET}"
