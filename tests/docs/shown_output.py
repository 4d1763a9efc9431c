"""Console blocks of a page: their commands, and whether what is shown below is what is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """A file that the reader writes, or a command with the lines that are shown below it."""

    file: str | None
    text: str
    shown: tuple[str, ...] = ()


def steps(page: str) -> Iterator[Step]:
    """The files with a title and the commands of the console blocks, in order."""
    for language, title, body in _BLOCK.findall(page):
        if title:
            yield Step(title, body)
        elif language == "console":
            yield from (Step(None, command, tuple(shown)) for command, shown in console_commands(body))


def console_commands(body: str) -> list[tuple[str, list[str]]]:
    """Each command of a console block, and the lines below it."""
    found: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ ").partition("  #")[0], []))
        else:
            found[-1][1].append(line)
    return found


def masked(line: str) -> str:
    """A line without its measured figures: digests, numbers and their units, and the width of columns."""
    line = re.sub(r"\b[0-9a-f]{9,64}\b", "DIGEST", line)
    line = re.sub(r"\d[\d.,]*\*?( (?:M |k )?(?:ns|us|ms|s|msg/s)\b\*?)?", "FIGURE", line)
    return re.sub(r"\s+", " ", line).strip()


def appear_in_order(shown: list[str], printed: list[str]) -> bool:
    """Whether the shown lines are printed in that order; only `...` stands for lines that are left out."""
    text = "\n".join(masked(line) for line in printed)
    parts = ["\n".join(map(masked, part)) for part in _split_at_ellipses(shown)]
    pattern = "(?:.*\n)*?".join(rf"{re.escape(part)}\n" if part else "" for part in parts)
    return re.fullmatch(pattern, text + "\n" * bool(text)) is not None


def _split_at_ellipses(lines: list[str]) -> Iterator[list[str]]:
    """The runs of lines between the ellipses."""
    part: list[str] = []
    for line in lines:
        if line == "...":
            yield part
            part = []
        else:
            part.append(line)
    yield part
