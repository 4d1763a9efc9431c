"""Lines broken between words, so that what is copied from a terminal can be used.

Commands and names in quotes stay whole, even if one is wider than the terminal: the terminal continues such a
line itself, without a line break in what is copied. `textwrap` knows only words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def wrapped(line: str, width: int | None, *, indent: str = "", whole: bool = True) -> list[str]:
    """A line in parts of at most `width` characters, broken between words alone.

    Args:
        indent: before each part but the first, after the spaces that the line begins with.
        whole: also keep what is between backquotes or quotes on one line.
    """
    if width is None or len(line) <= width:
        return [line]
    start = line[: len(line) - len(line.lstrip())]
    units = _units(line.split()) if whole else iter(line.split())
    parts: list[str] = []
    part = ""
    for unit in units:
        if part and len(part) + 1 + len(unit) <= width:
            part += f" {unit}"
            continue
        if part:
            parts.append(part)
        part = f"{start}{indent if parts else ''}{unit}"
    return [*parts, part] if part else parts


def wrapped_text(text: str, width: int | None, *, indent: str = "  ") -> str:
    """Each line of a text broken between words, commands and names in quotes kept whole."""
    return "\n".join(
        part for line in text.split("\n") for part in wrapped(line, width, indent=indent) or [""]
    )


def _units(words: Sequence[str]) -> Iterator[str]:
    """The words, those between two quotes as one."""
    unit: list[str] = []
    quote = ""
    for word in words:
        unit.append(word)
        quote = "" if quote and _ends(word, quote) else quote or _begins(word)
        if not quote:
            yield " ".join(unit)
            unit = []
    yield from unit


def _begins(word: str) -> str:
    """The quote that a word begins and does not end; an apostrophe is none."""
    if word.count("`") % 2:
        return "`"
    start = word.lstrip("([")
    return "'" if start.startswith("'") and start.count("'") == 1 else ""


def _ends(word: str, quote: str) -> bool:
    return word.count("`") % 2 == 1 if quote == "`" else word.rstrip(".,;:)]").endswith("'")
