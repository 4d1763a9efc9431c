"""Allow-lists for the names of tags, refs, assets, git remotes and repositories.

Every name is checked here before it becomes part of a path, a request or an argument of git.
"""

from __future__ import annotations

import re
from typing import Final

from obrelease.errors import UsageError

_TAG: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._+@-]*(?:/[A-Za-z0-9][A-Za-z0-9._+@-]*)*")
_MAX_TAG: Final = 100
_RESERVED_TAG: Final = re.compile(r"(?i:(?:.*_)?HEAD|.*\.lock|refs/.*)|.*\.|[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ASSET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REMOTE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._+@/-]{0,199}(?:[~^][0-9]{0,4}){0,8}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CLAIM: Final = re.compile(r"(?:[0-9a-f]{32})?")


def checked_tag(tag: str) -> str:
    """Return a tag name that git, GitHub and every file system keep unchanged.

    Raises:
        UsageError: it is not such a name; names that git reserves (`HEAD`, `x.lock`) and names that
            look like a commit are refused as well.
    """
    fits = len(tag) <= _MAX_TAG and _TAG.fullmatch(tag) and not _RESERVED_TAG.fullmatch(tag)
    if not fits or ".." in tag or any(_RESERVED_TAG.fullmatch(part) for part in tag.split("/")):
        raise UsageError(
            f"{tag!r} cannot be the name of a tag",
            hint="use letters, digits and . _ + - @ /, beginning with a letter or a digit, as in v0.9-beta",
        )
    return tag


def tag_folder(tag: str) -> str:
    """The name of a folder for a tag: a tag with `/` still is one folder, and `~` is in no tag.

    Raises:
        UsageError: as `checked_tag`.
    """
    return checked_tag(tag).replace("/", "~")


def checked_ref(ref: str) -> str:
    """Return a ref: a tag, a branch, a commit or a prefix of one, with `~` and `^` suffixes.

    Raises:
        UsageError: it is something else, such as an option or a range.
    """
    if not _REF.fullmatch(ref) or ".." in ref:
        raise UsageError(
            f"{ref!r} cannot name a commit", hint="use a commit, a tag or a branch, as in main or v0.9-beta~1"
        )
    return ref


def checked_asset(name: str) -> str:
    """Return an asset name that GitHub does not rewrite.

    Raises:
        UsageError: it has characters, or a first or last character, that GitHub rewrites.
    """
    if not _ASSET.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{name!r} cannot be the name of an asset",
            hint="use letters, digits and . _ -, beginning with a letter or a digit",
        )
    return name


def checked_remote(remote: str) -> str:
    """Return the name of a git remote; an address is refused.

    Raises:
        UsageError: it is something else.
    """
    if not _REMOTE.fullmatch(remote) or ".." in remote or remote.endswith((".", ".lock")):
        raise UsageError(
            f"{remote!r} cannot be the name of a git remote",
            hint="use a name from `git remote`, as in origin",
        )
    return remote


def checked_repository(repository: str) -> str:
    """Return a repository as `owner/name`.

    Raises:
        UsageError: it is something else.
    """
    if not _REPOSITORY.fullmatch(repository) or repository.endswith(("/.", "/..", ".git")):
        raise UsageError(f"{repository!r} is not a repository", hint="write it as owner/name")
    return repository


def checked_commit(commit: str) -> str:
    """Return a full commit ID in lower-case hex.

    Raises:
        UsageError: it is abbreviated, a ref, or something else.
    """
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is not a full commit", hint="write all 40 (or 64) hex digits")
    return commit


def checked_claim(claim: str) -> str:
    """Return the claim of a draft: 32 lower-case hex digits, or "".

    Raises:
        UsageError: it is something else.
    """
    if not _CLAIM.fullmatch(claim):
        raise UsageError(f"{claim!r} is not the claim of a draft", hint="write 32 lower-case hex digits")
    return claim


def checked_sha256(digest: str) -> str:
    """Return a sha256 in lower-case hex.

    Raises:
        UsageError: it is something else.
    """
    if not _SHA256.fullmatch(digest):
        raise UsageError(f"{digest!r} is not a sha256", hint="write 64 lower-case hex digits")
    return digest
