"""Commits since the previous release, grouped by type. Source: conventionalcommits.org, 1.0.0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_SUBJECT: Final = re.compile(
    r"(?P<type>[A-Za-z]+)(?P<scope>\([^()\n]{1,64}\))?(?P<breaking>!)?: (?P<text>.+)"
)
_GROUPS: Final = (
    ("Breaking changes", frozenset({"!"})),
    ("Features", frozenset({"feat", "feature"})),
    ("Fixes", frozenset({"fix", "bugfix"})),
    ("Performance", frozenset({"perf"})),
    ("Reverts", frozenset({"revert"})),
    ("Documentation", frozenset({"docs", "doc"})),
)
_QUIET: Final = frozenset({"chore", "ci", "build", "test", "tests", "style", "refactor", "release"})
_OTHER: Final = "Other changes"
_MAX_LISTED: Final = 200


def grouped_commits(commits: Sequence[tuple[str, str]]) -> str:
    """A Markdown list for each group; chores, builds and tests are counted, not listed.

    Args:
        commits: the abbreviated ID and the subject of each commit, the newest first.
    """
    groups: dict[str, list[str]] = {name: [] for name in (*(name for name, _ in _GROUPS), _OTHER)}
    quiet = 0
    for commit, subject in commits:
        found = _SUBJECT.fullmatch(subject)
        kind = found["type"].lower() if found else ""
        if kind in _QUIET and found is not None and not found["breaking"]:
            quiet += 1
            continue
        words = inert(subject if found is None else _described(found))
        groups[_group(kind, breaking=bool(found and found["breaking"]))].append(f"* {words} ({commit})")
    parts = [f"### {name}\n\n" + _listed(lines) for name, lines in groups.items() if lines]
    if quiet:
        parts.append(f"{quiet} commit{'' if quiet == 1 else 's'} of maintenance.")
    return "\n\n".join(parts) + "\n" if parts else ""


def inert(text: str) -> str:
    """Text of a contributor as Markdown that is only text: no mention, link, markup or HTML."""
    return "".join(
        character
        if character.isalnum() or character in " .,:;+='/()-%"
        else f"&#{ord(character)};"
        if character.isprintable()
        else "\ufffd"
        for character in text
    )


def _described(found: re.Match[str]) -> str:
    scope = found["scope"]
    return f"{scope[1:-1]}: {found['text']}" if scope else found["text"]


def _group(kind: str, *, breaking: bool) -> str:
    if breaking:
        return _GROUPS[0][0]
    return next((name for name, kinds in _GROUPS if kind in kinds), _OTHER)


def _listed(lines: Sequence[str]) -> str:
    more = [f"* and {len(lines) - _MAX_LISTED} more"] if len(lines) > _MAX_LISTED else []
    return "\n".join([*lines[:_MAX_LISTED], *more])
