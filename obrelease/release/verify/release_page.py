"""Compares the release page on the forge with the files of the release."""

from __future__ import annotations

import re
from typing import Final

from obrelease.release.page_text import is_joined, page_coverage
from obrelease.remote.forge.limits import ForgeLimits
from obrelease.remote.forge.protocol import Release

_FULL_NAME: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def release_title(project: str, tag: str) -> str:
    """The title of the release page."""
    return f"{project} {tag}"


def page_differences(
    release: Release,
    *,
    title: str,
    commit: str,
    notes: str,
    prerelease: bool,
    limits: ForgeLimits | None = None,
) -> tuple[str, ...]:
    """How the page differs from the files of the release; empty if it does not.

    A forge may name a branch instead of the commit; this is no difference. Title and prerelease flag of a
    page that another tool made are that tool's.
    """
    found: list[str] = []
    joined = is_joined(release.notes)
    if release.title != title and not joined:
        found.append(f"its title is {release.title[:80]!a}, not {title!a}")
    if _FULL_NAME.fullmatch(release.commit) and release.commit != commit:
        found.append(f"it names the commit {release.commit}, the manifest {commit}")
    if page_coverage(release.notes, notes, limits) is None:
        found.append("it does not have the bundle's NOTES.md")
    if release.prerelease != prerelease and not joined:
        found.append(f"it has prerelease={release.prerelease}, the manifest {prerelease}")
    return tuple(found)


def page_remarks(
    release: Release, *, title: str, notes: str, prerelease: bool, limits: ForgeLimits | None
) -> tuple[str, ...]:
    """What a reader of the page should know: which part of it no file of the release covers."""
    found: list[str] = []
    coverage = page_coverage(release.notes, notes, limits)
    if is_joined(release.notes):
        found.append("another tool made the page")
        if release.title != title:
            found.append(f"its title is {release.title[:80]!a}")
        if release.prerelease != prerelease:
            found.append(f"it has prerelease={release.prerelease}, the manifest {prerelease}")
    if coverage is not None and coverage.is_cut:
        found.append(
            f"it shows {coverage.shown_lines} of {coverage.all_lines} lines of NOTES.md, and names the bundle"
        )
    if coverage is not None and coverage.other_lines:
        found.append(f"{coverage.other_lines} lines besides the notes are of the page alone")
    return tuple(found)
