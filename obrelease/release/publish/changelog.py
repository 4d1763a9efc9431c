"""The section of a changelog about one version, found by its heading. Format: keepachangelog.com, 1.1.0."""

from __future__ import annotations

import re
from typing import Final

from obrelease.models.version_tag import Tag

_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_UNDERLINE: Final = re.compile(r"(=+|-+)[ \t]*")
_WORD: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_/@-]*")
_FENCE: Final = re.compile(r"(`{3,}|~{3,})")


def changelog_section(text: str, tag: Tag) -> str | None:
    """The text below the heading that names a version, up to the next heading of its level or above.

    A heading names it by the whole tag or by the version, with or without `v`: `## [1.2.3] - 2024-11-28`.
    None if there is no such heading.
    """
    names = {tag.text, tag.version, tag.version.removeprefix("v")}
    lines = text.splitlines()
    start, level = 0, 0
    for number, depth, title, after in _headings(lines):
        if level and depth <= level:
            return "\n".join(lines[start:number]).strip() + "\n"
        if not level and names & {word.rstrip(".:") for word in _WORD.findall(title)}:
            start, level = after, depth
    return "\n".join(lines[start:]).strip() + "\n" if level else None


def _headings(lines: list[str]) -> list[tuple[int, int, str, int]]:
    """Line, level and title of each heading outside of code, and the line after it."""
    found: list[tuple[int, int, str, int]] = []
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line.lstrip())
        if mark and (not fence or (line.strip().startswith(fence) and not line.strip().strip(fence[0]))):
            fence = "" if fence else mark[1]
        elif not fence and (heading := _HEADING.fullmatch(line)):
            found.append((number, len(heading[1]), heading[2], number + 1))
        elif not fence and line.strip() and number + 1 < len(lines):
            underline = _UNDERLINE.fullmatch(lines[number + 1])
            if underline and len(underline[1]) > 1 and not line.startswith((" ", "\t", "-", "*", "|")):
                found.append((number, 1 if underline[1][0] == "=" else 2, line, number + 2))
    return found
