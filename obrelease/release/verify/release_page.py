"""The page of a release on its forge: what a reader sees, and whether it says what the bundle says."""

from __future__ import annotations

import re
from typing import Final

from obrelease.remote.forge.protocol import Release

_FULL_NAME: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def title_of(project: str, tag: str) -> str:
    """What the release is called."""
    return f"{project} {tag}"


def begins_with(page: str, notes: str) -> bool:
    """Whether a page begins with the notes of the bundle.

    They decide; what is said after them depends on what the forge held then. A forge may keep line
    ends in its own way, and trailing space not at all.
    """
    wanted = _lines(notes)
    return _lines(page)[: len(wanted)] == wanted


def differences(
    release: Release, *, title: str, commit: str, notes: str, prerelease: bool
) -> tuple[str, ...]:
    """What the page says otherwise than the release's files, each in some words.

    A forge may name a branch instead of the commit; then the tag alone tells.
    """
    found: list[str] = []
    if release.title != title:
        found.append(f"its title is {release.title[:80]!a}, not {title!a}")
    if _FULL_NAME.fullmatch(release.commit) and release.commit != commit:
        found.append(f"it names the commit {release.commit}, the manifest {commit}")
    if not begins_with(release.notes, notes):
        found.append("its notes do not begin with the bundle's NOTES.md")
    if release.prerelease != prerelease:
        found.append(f"it has prerelease={release.prerelease}, the manifest {prerelease}")
    return tuple(found)


def _lines(notes: str) -> list[str]:
    return [line.rstrip() for line in notes.strip().splitlines()]
