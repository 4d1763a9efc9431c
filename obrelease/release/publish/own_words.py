"""The maintainers' own words on a release page: a file, a section of the changelog, commits, or a generator.

git-cliff and towncrier run only if the user names them, by a flag or the environment: their configuration is
in the tree and can name commands.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from obrelease.errors import NotFound, RemoteError, UsageError
from obrelease.models.release_choices import CHANGELOG, COMMITS, GENERATORS
from obrelease.models.version_tag import Tag
from obrelease.release.publish.changelog import changelog_section
from obrelease.release.publish.commit_list import grouped_commits
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.files import read_bounded

_CHANGELOG_NAMES: Final = ("CHANGELOG.md", "CHANGES.md", "HISTORY.md", "NEWS.md")
_MAX_BYTES: Final = 2**20
_DEADLINE_S: Final = 120


def own_words(
    source: str, tag: Tag, commit: str, previous: Tag | None, root: Path, repo: GitRepository
) -> str:
    """The words of a source, as Markdown; "" if the source is "".

    Args:
        source: a file, or one of `NOTES_SOURCES`.
        previous: the release before, from which commits are listed; None for the first.
        root: the project's root.

    Raises:
        NotFound: no such file, or the changelog has no section about the tag.
        InvalidInput, UsageError: a file is too large or no text, or the generator is not installed.
        RemoteError: git or the generator failed.
    """
    if source == "":
        return ""
    if source == COMMITS:
        return grouped_commits(repo.subjects(previous.text if previous else None, commit, root))
    if source in GENERATORS:
        return _generated(source, tag, root, repo)
    if source == CHANGELOG:
        return _from_changelog(tag, root)
    return _text(root / source)


def _from_changelog(tag: Tag, root: Path) -> str:
    file = next((root / name for name in _CHANGELOG_NAMES if (root / name).is_file()), None)
    if file is None:
        raise NotFound(
            f"{root}: has no changelog", hint=f"write one of {', '.join(_CHANGELOG_NAMES)}, or name a file"
        )
    section = changelog_section(_text(file), tag)
    if section is None:
        raise NotFound(
            f"{file}: no heading names {tag} or {tag.version.removeprefix('v')}",
            hint=f"write a section `## {tag.version.removeprefix('v')}`, or choose another source of words",
        )
    return section


def _generated(program: str, tag: Tag, root: Path, repo: GitRepository) -> str:
    path = shutil.which(program)
    if path is None:
        raise UsageError(
            f"{program} is not installed", hint=f"install it, such as by `pip install {program}`"
        )
    version = tag.version.removeprefix("v")
    is_tagged = repo.local_tag(tag.text) is not None
    range_ = ["--current"] if is_tagged else ["--unreleased", "--tag", tag.text]
    arguments = {
        "git-cliff": ["--strip", "all", *range_],
        "towncrier": ["build", "--draft", "--version", version],
    }[program]
    try:
        done = subprocess.run(
            [path, *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_DEADLINE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RemoteError(f"{program} could not be run: {type(error).__name__}") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:500]
        raise RemoteError(f"{program} failed: {ascii(said)[1:-1]}", hint=f"run `{program}` in {root}")
    return done.stdout[:_MAX_BYTES].decode("utf-8", "replace").strip() + "\n"


def _text(file: Path) -> str:
    data = read_bounded(file, _MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file}: is not UTF-8 text (byte {error.start})", hint="name a Markdown file"
        ) from error
