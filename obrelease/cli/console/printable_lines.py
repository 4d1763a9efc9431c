"""Text that may come from files, as it may be printed."""

from __future__ import annotations


def printable_lines(text: str) -> str:
    """Text without control characters: no escape sequence of a file or a forge reaches a terminal."""
    from obrelease.models.finding import printable

    return "\n".join(printable(line) for line in text.split("\n"))
