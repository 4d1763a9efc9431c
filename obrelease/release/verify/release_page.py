"""Compares the release page on the forge with the files of the release."""

from __future__ import annotations

import re
from typing import Final

from obrelease.remote.forge.protocol import Release

_FULL_NAME: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def release_title(project: str, tag: str) -> str:
    """The title of the release page."""
    return f"{project} {tag}"


def page_starts_with(page: str, notes: str) -> bool:
    """Whether a page starts with the notes of the bundle.

    What follows depends on the forge at that time. Line ends and trailing spaces are ignored: forges
    change them.
    """
    wanted = _lines(notes)
    return _lines(page)[: len(wanted)] == wanted


def lines_after_notes(page: str, notes: str) -> int:
    """How many lines of a page follow the notes that it starts with; no file covers these."""
    return len([line for line in _lines(page)[len(_lines(notes)) :] if line])


def page_differences(
    release: Release, *, title: str, commit: str, notes: str, prerelease: bool
) -> tuple[str, ...]:
    """How the page differs from the files of the release; empty if it does not.

    A forge may name a branch instead of the commit; this is no difference.
    """
    found: list[str] = []
    if release.title != title:
        found.append(f"its title is {release.title[:80]!a}, not {title!a}")
    if _FULL_NAME.fullmatch(release.commit) and release.commit != commit:
        found.append(f"it names the commit {release.commit}, the manifest {commit}")
    if not page_starts_with(release.notes, notes):
        found.append("its notes do not start with the bundle's NOTES.md")
    if release.prerelease != prerelease:
        found.append(f"it has prerelease={release.prerelease}, the manifest {prerelease}")
    return tuple(found)


def _lines(notes: str) -> list[str]:
    return [line.rstrip() for line in notes.strip().splitlines()]
