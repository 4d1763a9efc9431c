"""What fits where the cursor is on a command line, without the parser: it takes long to load.

The commands and their options are in `command_words.json`, which `scripts/command_reference.py` writes from
the parser. The rules are the parser's own; a test compares the answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from obrelease.cli.console.completion import OFFERS, Offer

TABLE: Final = Path(__file__).with_name("command_words.json")

FLAG: Final = "flag"
VALUE: Final = "value"
VALUES: Final = "values"
"""What an option takes: nothing, a value once, or a value each time that it is given."""

REST: Final = -1
"""The number of words of an argument that takes all that are left."""

Row = dict[str, Any]
"""A command, an option or an argument of the table."""


class Position(NamedTuple):
    """Where the cursor is.

    Attributes:
        command: the command of the table that the words before the cursor name.
        params: values of its options and arguments that were given, by name; a list for repeated ones.
    """

    command: Row
    params: dict[str, Any]


def read_table() -> dict[str, Row]:
    """The commands by the words that name them; the program itself has none."""
    found: dict[str, Row] = json.loads(TABLE.read_bytes())
    return found


def complete(table: dict[str, Row], words: Sequence[str], incomplete: str) -> list[Offer]:
    """The words that fit.

    Args:
        words: those before the cursor, without the program.
        incomplete: what is typed of the word at the cursor.
    """
    before = list(words)
    at = _position(table, before)
    if incomplete == "=":
        incomplete = ""
    elif "=" in incomplete and incomplete.startswith("-"):
        name, _, incomplete = incomplete.partition("=")
        before.append(name)
    if incomplete.startswith("-") and "--" not in before:
        return list(_names(at, incomplete))
    for option in at.command["options"]:
        if option["takes"] != FLAG and before[-1:] and before[-1] in option["names"]:
            return _values(option, at, incomplete)
    for argument in at.command["arguments"]:
        if argument["words"] == REST or at.params.get(argument["param"]) is None:
            return _values(argument, at, incomplete)
    return list(_names(at, incomplete))


def _names(at: Position, incomplete: str) -> Iterator[Offer]:
    """Commands and options that begin like this; options are offered at a sign, and once."""
    yield from ((name, text) for name, text in at.command["commands"].items() if name.startswith(incomplete))
    if not incomplete or incomplete[0].isalnum():
        return
    for option in at.command["options"]:
        if option["takes"] == VALUES or option["param"] not in at.params:
            yield from ((name, option["help"]) for name in option["names"] if name.startswith(incomplete))


def _values(row: Row, at: Position, incomplete: str) -> list[Offer]:
    offer = row.get("offer", ())
    if isinstance(offer, str):
        found = OFFERS[offer](at, incomplete)
    else:
        found = [(word, text) for word, text in offer]
    return [(word, text) for word, text in found if word.startswith(incomplete)]


def _position(table: dict[str, Row], words: Sequence[str]) -> Position:
    """Follow the words down to the last command that they name."""
    name, at = "", Position(table[""], {})
    left = list(words)
    while True:
        at = Position(table[name], {})
        left = _parse(at, left)
        if not left or left[0] not in at.command["commands"]:
            return at
        name = f"{name} {left.pop(0)}".strip()


def _parse(at: Position, words: Sequence[str]) -> list[str]:
    """Set the values of a command that its words give; returns the words that are left for a command below.

    It ends where the words are wrong, as the parser does for completion.
    """
    options = {name: option for option in at.command["options"] for name in option["names"]}
    is_group = bool(at.command["commands"])
    left, free = list(words), []
    while left:
        word = left.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            if is_group:
                left.insert(0, word)
                break
            free.append(word)
        elif not _parse_option(at, options, word, left):
            return free
    return _parse_arguments(at, [*free, *left])


def _parse_option(at: Position, options: dict[str, Row], word: str, left: list[str]) -> bool:
    """Set the value of an option, or of several one-letter ones in a word; False if the word is wrong."""
    name, equals, value = word.partition("=")
    if name in options:
        if options[name]["takes"] == FLAG:
            return not equals and _set(at, options[name], left)
        return _set(at, options[name], [value] if equals else left)
    if word.startswith("--"):
        return False
    for place, letter in enumerate(word[1:], 2):
        option = options.get(f"-{letter}")
        if option is None:
            return False
        rest = word[place:]
        if option["takes"] != FLAG:
            return _set(at, option, [rest] if rest else left)
        _set(at, option, left)
    return True


def _set(at: Position, option: Row, left: list[str]) -> bool:
    """Set an option to the next word if it takes one; False if there is none."""
    if option["takes"] == FLAG:
        at.params[option["param"]] = True
        return True
    if not left:
        return False
    value = left.pop(0)
    if option["takes"] == VALUES:
        at.params.setdefault(option["param"], []).append(value)
    else:
        at.params[option["param"]] = value
    return True


def _parse_arguments(at: Position, free: list[str]) -> list[str]:
    """Give the free words to the arguments, from both sides of the one that takes the rest."""
    arguments = at.command["arguments"]
    rest = next((place for place, row in enumerate(arguments) if row["words"] == REST), None)
    front, back = (arguments, []) if rest is None else (arguments[:rest], arguments[:rest:-1])
    for row in front:
        if free:
            at.params[row["param"]] = free.pop(0)
    for row in back:
        if free:
            at.params[row["param"]] = free.pop()
    if rest is None:
        return free
    at.params[arguments[rest]["param"]] = free
    return []
