"""Git's configuration as values: the user's own transport settings, and the files of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import InvalidInput
from obrelease.remote.git.environment import FALLBACK_EMAIL, FALLBACK_NAME
from obrelease.remote.git.isolation import GitFolders, configuration_files

if TYPE_CHECKING:
    from git import Git

_OWN_KEYS: Final = (
    r"^(user\.(name|email)|core\.(excludesfile|sshcommand)|ssh\.variant|safe\.directory"
    r"|credential\..*|http\..*|url\..*\.(insteadof|pushinsteadof))$"
)
"""The user's own settings that git gets: identity, ignored files, and whatever serves transport."""


def own_settings(git: Git, isolated: Path) -> list[tuple[str, str]]:
    """The settings of the system, the user and the environment that are passed on, in git's order.

    Args:
        isolated: an isolated git folder without settings, so that none of a repository is read.
    """
    listed = _pairs(_listed(git, isolated, "--includes", "--get-regexp", _OWN_KEYS) or "")
    last = dict(listed)
    identity = [
        (key, last.get(key) or fallback)
        for key, fallback in (("user.name", FALLBACK_NAME), ("user.email", FALLBACK_EMAIL))
    ]
    return [*identity, *(pair for pair in listed if not pair[0].startswith("user."))]


def repository_settings(git: Git, isolated: Path, folders: GitFolders) -> Mapping[str, Sequence[str]]:
    """The settings in a repository's own files, values by key in their order; no included file is read.

    Args:
        isolated: an isolated git folder, where a copy of each file is parsed.

    Raises:
        InvalidInput: a file is not configuration.
    """
    found: dict[str, list[str]] = {}
    for file, data in configuration_files(folders):
        copy = isolated / "parsed"
        copy.write_bytes(data)
        text = _listed(git, isolated, "--no-includes", "--list", "--file", str(copy))
        copy.unlink()
        if text is None:
            raise InvalidInput(f"{file}: is not a git configuration", hint="`git config --list` shows where")
        for key, value in _pairs(text):
            found.setdefault(key, []).append(value)
    return found


def _listed(git: Git, isolated: Path, *arguments: str) -> str | None:
    """What `git config` prints; None if it fails for another reason than that nothing was found."""
    status, text, _ = git.execute(
        ["git", "config", "-z", *arguments],
        with_extended_output=True,
        with_exceptions=False,
        env={"GIT_DIR": str(isolated), "LC_ALL": "C"},
    )
    return str(text) if status in {0, 1} else None


def _pairs(listing: str) -> list[tuple[str, str]]:
    """Keys and values of a listing; a key without a value is true, as git has it."""
    entries = (entry.partition("\n") for entry in listing.split("\0") if entry)
    return [(key, value if separator else "true") for key, separator, value in entries]
