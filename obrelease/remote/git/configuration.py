"""Git's configuration: the keys that are copied, those of the user and those of a repository's files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import InvalidInput
from obrelease.remote.git.bounded_process import run_git
from obrelease.remote.git.environment import FALLBACK_EMAIL, FALLBACK_NAME
from obrelease.remote.git.folders import GitFolders
from obrelease.storage.files import read_bounded

if TYPE_CHECKING:
    from git import Git

COPIED_KEYS: Final = re.compile(
    r"core\.(repositoryformatversion|filemode|ignorecase|precomposeunicode|symlinks|autocrlf|eol|safecrlf"
    r"|trustctime|checkstat|sparsecheckout|sparsecheckoutcone|longpaths)"
    r"|index\.sparse"
    r"|extensions\.(objectformat|compatobjectformat|refstorage)"
    r"|user\.(name|email)"
    r"|remote\..+\.(url|pushurl)",
    re.DOTALL,
)
"""The keys that are copied: what says how files and objects are stored, identities, addresses of remotes."""

_OWN_KEYS: Final = (
    r"^(user\.(name|email)|core\.(excludesfile|attributesfile|sshcommand|autocrlf|eol|safecrlf)|ssh\.variant"
    r"|safe\.directory|credential\..*|http\..*|url\..*\.(insteadof|pushinsteadof)"
    r"|filter\..*\.(clean|smudge|process|required))$"
)
"""The user's own settings that are read: identity, ignored files, line ends, filters, and transport."""

_FILTER: Final = "filter."
_OF_REPOSITORY_FIRST: Final = frozenset(
    {"user.name", "user.email", "core.autocrlf", "core.eol", "core.safecrlf"}
)
"""Keys of which a repository's own value wins, as git has it."""

_MAX_CONFIG_BYTES: Final = 2**20


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


def settings_for_every_call(
    own: Sequence[tuple[str, str]], of_repository: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """The user's own settings that each git process gets; filters are left out, see `filter_settings`."""
    copied = _OF_REPOSITORY_FIRST & {key for key, values in of_repository.items() if any(values)}
    return [(key, value) for key, value in own if key not in copied and not key.startswith(_FILTER)]


def filter_settings(own: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The user's own filters, for the one command that compares the work tree with the index."""
    return {key: value for key, value in own if key.startswith(_FILTER)}


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


def write_configuration(target: Path, settings: Mapping[str, Sequence[str]]) -> None:
    """Write the isolated folder's configuration: of the repository's, `COPIED_KEYS` alone."""
    lines = [*_config_lines(settings), "[core]\n", "\tbare = false\n"]
    (target / "config").write_text("".join(lines), "utf-8", "surrogateescape")


def configuration_files(folders: GitFolders) -> Iterator[tuple[Path, bytes]]:
    """The repository's configuration files and their bytes; the later one wins.

    Raises:
        InvalidInput: one is not a regular file, or is larger than 1 MiB.
    """
    for file in (folders.common / "config", folders.private / "config.worktree"):
        if os.path.lexists(file):
            yield file, read_bounded(file.resolve(), _MAX_CONFIG_BYTES)


def _listed(git: Git, isolated: Path, *arguments: str) -> str | None:
    """What `git config` prints; None if it fails for another reason than that nothing was found."""
    found = run_git(git, ("config", "-z", *arguments), env={"GIT_DIR": str(isolated), "LC_ALL": "C"})
    return found.text if found.status in {0, 1} else None


def _pairs(listing: str) -> list[tuple[str, str]]:
    """Keys and values of a listing; a key without a value is true, as git has it."""
    entries = (entry.partition("\n") for entry in listing.split("\0") if entry)
    return [(key, value if separator else "true") for key, separator, value in entries]


def _config_lines(settings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for key, values in settings.items():
        if COPIED_KEYS.fullmatch(key) is None:
            continue
        section, _, name = key.rpartition(".")
        section, _, subsection = section.partition(".")
        yield f"[{section} {_quoted(subsection)}]\n" if subsection else f"[{section}]\n"
        yield from (f"\t{name} = {_quoted(value)}\n" for value in values)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
