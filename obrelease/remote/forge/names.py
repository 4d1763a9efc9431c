"""The allow-lists: what a tag, an asset, a git remote and a repository may be called.

Every name passes here before it becomes part of a path, a request or an argument of git.
"""

from __future__ import annotations

import re
from typing import Final

from obrelease.errors import UsageError

_TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_RESERVED_TAG: Final = re.compile(r"(?i:(?:.*_)?HEAD|.*\.lock)|.*\.|[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ASSET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REMOTE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,199}(?:[~^][0-9]{0,4}){0,8}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CLAIM: Final = re.compile(r"(?:[0-9a-f]{32})?")


def checked_tag(tag: str) -> str:
    """The tag itself, if it is one that git, GitHub and every file system keep as it is.

    Raises:
        UsageError: it is not; git's own words (`HEAD`, `x.lock`) and whatever reads as a
            commit are refused as well.
    """
    if not _TAG.fullmatch(tag) or _RESERVED_TAG.fullmatch(tag) or ".." in tag:
        raise UsageError(
            f"{tag!r} cannot be the name of a tag",
            hint="use letters, digits and . _ + -, beginning with a letter or a digit, as in v0.9-beta",
        )
    return tag


def checked_ref(ref: str) -> str:
    """What names a commit: a tag, a branch, (the beginning of) a commit, `~` and `^` behind it.

    Raises:
        UsageError: it is something else, such as an option or a range.
    """
    if not _REF.fullmatch(ref) or ".." in ref:
        raise UsageError(
            f"{ref!r} cannot name a commit", hint="use a commit, a tag or a branch, as in main or v0.9-beta~1"
        )
    return ref


def checked_asset(name: str) -> str:
    """The asset's name itself, if it has only characters that GitHub does not rewrite.

    Raises:
        UsageError: it has not, or it begins or ends with something that is rewritten.
    """
    if not _ASSET.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{name!r} cannot be the name of an asset",
            hint="use letters, digits and . _ -, beginning with a letter or a digit",
        )
    return name


def checked_remote(remote: str) -> str:
    """The name of a git remote; never an address.

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
    """An `owner/name` pair.

    Raises:
        UsageError: it is something else.
    """
    if not _REPOSITORY.fullmatch(repository) or repository.endswith(("/.", "/..", ".git")):
        raise UsageError(f"{repository!r} is not a repository", hint="write it as owner/name")
    return repository


def checked_commit(commit: str) -> str:
    """A full git object name in lower-case hex.

    Raises:
        UsageError: it is abbreviated, a ref, or something else.
    """
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is not a full commit", hint="write all 40 (or 64) hex digits")
    return commit


def checked_claim(claim: str) -> str:
    """The mark of a run: 32 lower-case hex digits, or nothing.

    Raises:
        UsageError: it is something else.
    """
    if not _CLAIM.fullmatch(claim):
        raise UsageError(f"{claim!r} is not the mark of a run", hint="write 32 lower-case hex digits")
    return claim


def checked_sha256(digest: str) -> str:
    """A sha256 in lower-case hex.

    Raises:
        UsageError: it is something else.
    """
    if not _SHA256.fullmatch(digest):
        raise UsageError(f"{digest!r} is not a sha256", hint="write 64 lower-case hex digits")
    return digest
