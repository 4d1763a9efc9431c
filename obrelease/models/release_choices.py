"""Words of settings and options: what a release is compared with, and where its own words come from."""

from __future__ import annotations

from typing import Final, Literal, get_args

PreviousChoice = Literal["stable", "any"]
"""What a stable release is compared with: the last stable one, or the last one of any kind."""

PREVIOUS_CHOICES: Final[tuple[PreviousChoice, ...]] = get_args(PreviousChoice)

CHANGELOG: Final = "changelog"
COMMITS: Final = "commits"
GENERATORS: Final = ("git-cliff", "towncrier")
"""Programs that write release notes. They run only if a flag or the environment names them."""

NOTES_SOURCES: Final = (CHANGELOG, COMMITS, *GENERATORS)
"""The sources of notes that are named by a word; anything else is a file."""
