"""Findings of a check: path, rule and message, safe to print on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST_MESSAGE: Final = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes:
        path: the file or folder.
        rule: the rule's short name, such as `digest` or `schema`; part of the JSON contract.
        message: what is wrong, with the path inside of a document.
    """

    path: str
    rule: str
    message: str

    def __str__(self) -> str:
        message = self.message
        if len(message) > _LONGEST_MESSAGE:
            message = message[: _LONGEST_MESSAGE - 3] + "..."
        return f"{printable(self.path)}: {self.rule}: {printable(message)}"

    def as_json(self) -> dict[str, str]:
        """The finding for `--json`: every value escaped like the text form."""
        return {"path": printable(self.path), "rule": self.rule, "message": printable(self.message)}


def printable(text: str) -> str:
    """Text with control characters, ANSI escapes and undecodable bytes written as escapes."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
