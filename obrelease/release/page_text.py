"""The text of a release page: own words, the comparison with the previous release, and the notes.

A page that the forge would refuse is cut at a line end. NOTES.md of the bundle always has everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from obrelease.bundle.asset_names import NOTES_NAME
from obrelease.remote.forge.limits import CLAIM_CHARACTERS, ForgeLimits

JOINED_MARK: Final = "<!-- obrelease: joined -->"
"""Begins our part of a page that another tool made."""

_CONTINUED: Final = f"*The page is cut here: the rest is in {NOTES_NAME} of*"
_SHORTENED: Final = "\n\n*Shortened for this page.*"
_FENCE: Final = re.compile(r"^(`{3,})", re.MULTILINE)
_CLOSERS: Final = re.compile(r"`{3,}|(?:</details>)+")
_ROOM_FOR_END: Final = 400


@dataclass(frozen=True, slots=True)
class PageCoverage:
    """How much of a page is covered by the notes of a bundle.

    Attributes:
        other_lines: lines with text that no file of the release covers.
        shown_lines, all_lines: how many lines of the notes the page shows, of how many.
    """

    other_lines: int
    shown_lines: int
    all_lines: int

    @property
    def is_cut(self) -> bool:
        """Whether the page ends before the notes do."""
        return self.shown_lines < self.all_lines


def compose_page(
    notes: str, *, bundle: str, limits: ForgeLimits | None, words: str = "", against: str = "", base: str = ""
) -> str:
    """The page of a release.

    Args:
        notes: the notes of the bundle.
        bundle: the bundle's name, for the reader of a page that is cut.
        limits: what the forge accepts; None if it accepts any length.
        words: the maintainers' own words; they come first.
        against: the comparison with the previous release.
        base: what another tool wrote on the page; it stays unchanged, and ours follows.
    """
    most = 0 if limits is None else limits.page_characters // 4
    parts = (_shortened(words, most), _shortened(against, most), notes)
    ours = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    if base.strip():
        base = base.rstrip()
        ours = ours if JOINED_MARK in base else f"{JOINED_MARK}\n\n{ours}"
        page = f"{base}\n\n{ours}\n"
    else:
        page = f"{ours}\n"
    return page if limits is None else _cut(page, limits.page_characters - CLAIM_CHARACTERS, bundle)


def is_joined(page: str) -> bool:
    """Whether another tool made the page, and ours was added to it."""
    return JOINED_MARK in page


def page_coverage(page: str, notes: str, limits: ForgeLimits | None) -> PageCoverage | None:
    """Find the notes on a page, whole or cut; None if the page has others.

    Line ends and trailing spaces are ignored: forges change them. A cut page is accepted only if one more
    line would have been too long for the forge.
    """
    lines, wanted = _lines(page), _lines(notes)
    if "\n".join(["", *wanted, ""]) in "\n".join(["", *lines, ""]):
        return PageCoverage(_texts(lines) - _texts(wanted), len(wanted), len(wanted))
    if limits is None or not any(line.startswith(_CONTINUED) for line in lines):
        return None
    end = max(number for number, line in enumerate(lines) if line.startswith(_CONTINUED))
    before = lines[:end]
    while before and (not before[-1] or (_CLOSERS.fullmatch(before[-1]) and not _ends_notes(before, wanted))):
        before.pop()
    start = before.index(wanted[0]) if wanted[0] in before else len(before)
    shown = before[start:]
    if shown != wanted[: len(shown)] or not (shown or is_joined(page)):
        return None
    following = "\n".join(wanted[len(shown) :]).lstrip("\n").partition("\n")[0]
    with_next_line = len("\n".join(lines[:end])) + len(following) + 2 * _ROOM_FOR_END
    if with_next_line <= limits.page_characters - CLAIM_CHARACTERS:
        return None
    return PageCoverage(_texts(lines) - _texts(shown) - 1, len(shown), len(wanted))


def _shortened(text: str, characters: int) -> str:
    """The text, or its first lines if it is longer than `characters`; 0 for no limit."""
    if not characters or len(text) <= characters:
        return text
    kept = text[: characters - len(_SHORTENED)]
    return (kept[: kept.rfind("\n")] if "\n" in kept else kept).rstrip() + _SHORTENED


def _ends_notes(before: list[str], wanted: list[str]) -> bool:
    """Whether the last line is a line of the notes and not one that closes what the cut left open."""
    start = before.index(wanted[0]) if wanted[0] in before else len(before)
    at = len(before) - 1 - start
    return 0 <= at < len(wanted) and wanted[at] == before[-1]


def _cut(page: str, characters: int, bundle: str) -> str:
    """The page, or its beginning up to a line end, with open blocks closed and a line that says so."""
    if len(page) <= characters:
        return page
    kept = page[: characters - _ROOM_FOR_END]
    kept = kept[: kept.rfind("\n") + 1].rstrip()
    closers = []
    if (fences := _FENCE.findall(kept)) and len(fences) % 2:
        closers.append(fences[-1])
    if (open_blocks := kept.count("<details>") - kept.count("</details>")) > 0:
        closers.append("</details>" * open_blocks)
    return "\n".join([kept, *closers, "", f"{_CONTINUED} `{bundle}`."]) + "\n"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _texts(lines: list[str]) -> int:
    return sum(1 for line in lines if line)
