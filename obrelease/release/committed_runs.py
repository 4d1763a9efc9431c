"""Checks that a commit holds the files of runs byte for byte, so that every clone has them.

A tag names a commit. If a packed file is not in it, or has other bytes there, no clone can rebuild it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.bundle.asset_names import RESULTS_FOLDER
from obrelease.errors import CheckFailed
from obrelease.release.collected_run import CollectedRun
from obrelease.remote.git.committed_files import (
    TreeEntry,
    attributes_at,
    blob_digests,
    conversion_in_every_clone,
    converts_by_configuration,
    entries_at,
    ignore_rules,
)
from obrelease.remote.git.repository import GitRepository
from obrelease.remote.git.work_tree_changes import LFS_POINTER, MAX_POINTER_BYTES
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

ATTRIBUTES_LINE: Final = "* -text -ident !filter !working-tree-encoding"
"""What `results/.gitattributes` needs to have, so that git never changes a byte below it."""

_MAX_LISTED: Final = 3
_MAX_CONVERTED_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Expected:
    """A packed file: its sha256, and its path on the disk."""

    sha256: str
    file: Path


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why the commit does not hold a file, and what helps."""

    reason: str
    cure: str


def require_committed(
    runs: Sequence[CollectedRun], results: Path, commit: str, repo: GitRepository
) -> str | None:
    """Compare every file of the runs with the blob of the commit, and with what a clone would check out.

    Args:
        results: the results folder, as the user names it.

    Returns:
        A warning for the user, or None.

    Raises:
        CheckFailed: a file is ignored, not committed, behind a symbolic link, in a submodule, or changed by
            git on the way; the message has the files, the reasons and the hint the cure.
        RemoteError: git failed, or the repository lacks a part of the commit.
    """
    below, link = _place_in_repository(results, repo.root)
    cause = _cause_of_place(results, repo, below, link)
    if cause is not None:
        raise _refusal(commit, {cause: [str(results)]})
    expected = _expected_files(runs, below)
    entries = entries_at(repo, commit, below)
    causes: dict[_Cause, list[str]] = {}
    for path, each in _missing_or_different(repo, entries, expected, below):
        causes.setdefault(each, []).append(path)
    attributes = attributes_at(repo, commit, sorted(expected))
    for path in sorted(expected.keys() - {name for names in causes.values() for name in names}):
        if (conversion := conversion_in_every_clone(attributes[path])) is not None:
            causes.setdefault(_converted(conversion, below), []).append(path)
    if causes:
        raise _refusal(commit, causes)
    if any(converts_by_configuration(attributes[path]) for path in expected):
        return (
            f"a clone with core.autocrlf would change the runs: write `{ATTRIBUTES_LINE}` into "
            f"{below}/.gitattributes (`obrelease init` does) and commit it"
        )
    return None


def _place_in_repository(results: Path, root: Path) -> tuple[str, Path | None]:
    """The results folder relative to the root, and the first symbolic link on the way to it.

    The path is "" if it is not below the root.
    """
    absolute = Path(os.path.normpath(results.absolute()))
    for parent in absolute.parents:
        if parent.resolve() == root.resolve():
            below = absolute.relative_to(parent)
            steps = [parent.joinpath(*below.parts[:count]) for count in range(1, len(below.parts) + 1)]
            return below.as_posix(), next((step for step in steps if step.is_symlink()), None)
    return "", None


def _cause_of_place(results: Path, repo: GitRepository, below: str, link: Path | None) -> _Cause | None:
    if not below:
        return _Cause(
            f"the results folder is not inside the repository {repo.root}",
            "set `results` to a folder of the repository and commit it",
        )
    if link is not None:
        return _Cause(
            f"{link} is a symbolic link", "move the runs into the repository itself, and commit them"
        )
    nested = [folder for folder in (results, *results.parents) if (folder / ".git").exists()]
    if nested and nested[0].resolve() != repo.root.resolve():
        return _Cause(
            f"{nested[0]} is another repository, such as a submodule",
            "keep the results folder in the repository that is tagged",
        )
    return None


def _expected_files(runs: Sequence[CollectedRun], below: str) -> dict[str, _Expected]:
    return {
        f"{below}/{source.path.removeprefix(f'{RESULTS_FOLDER}/')}": _Expected(source.sha256, source.file)
        for run in runs
        for source in run.sources
    }


def _missing_or_different(
    repo: GitRepository, entries: Mapping[str, TreeEntry], expected: Mapping[str, _Expected], below: str
) -> Iterator[tuple[str, _Cause]]:
    present = {path: entries[path] for path in sorted(expected) if path in entries}
    missing = sorted(expected.keys() - present.keys())
    rules = ignore_rules(repo, missing) if missing else {}
    for path in missing:
        yield path, _cause_of_missing(path, entries, rules, below)
    links = {path for path, entry in present.items() if not entry.is_file}
    for path in sorted(links):
        yield path, _Cause("is a symbolic link in the commit", "commit the file itself")
    files = {path: entry for path, entry in present.items() if path not in links}
    digests = blob_digests(repo, files)
    if digests is None:
        cause = _Cause("is not complete in this repository", "fetch the objects: `git fetch --refetch`")
        yield from ((path, cause) for path in files)
        return
    for path, digest in digests.items():
        if digest != expected[path].sha256:
            yield path, _cause_of_difference(repo, files[path].object_id, digest, expected[path], below)


def _cause_of_missing(
    path: str, entries: Mapping[str, TreeEntry], rules: Mapping[str, str], below: str
) -> _Cause:
    parents = {path[:at] for at, letter in enumerate(path) if letter == "/"}
    for entry in (entries[parent] for parent in parents if parent in entries):
        what = "a symbolic link" if entry.is_symlink else "a submodule"
        return _Cause(f"is behind {what} of the commit", "keep the runs in the repository that is tagged")
    if path in rules:
        return _Cause(
            f"is ignored by {rules[path]}",
            f"remove that rule, or add the runs all the same: git add --force {below} && git commit",
        )
    return _Cause("is not committed", f"commit the runs: git add {below} && git commit")


def _cause_of_difference(
    repo: GitRepository, object_id: str, digest: str, expected: _Expected, below: str
) -> _Cause:
    if LFS_POINTER.match(repo.small_blobs([object_id], MAX_POINTER_BYTES).get(object_id, b"")):
        return _converted("filter=lfs", below)
    if _with_unix_line_ends(expected) == digest:
        return _converted("line ends", below)
    return _Cause("is committed with other bytes", f"commit the runs: git add {below} && git commit")


def _with_unix_line_ends(expected: _Expected) -> str | None:
    """The digest of a file after git converted its line ends; None if it is too large to tell."""
    if expected.file.stat().st_size > _MAX_CONVERTED_BYTES:
        return None
    return digest_bytes(read_bounded(expected.file, _MAX_CONVERTED_BYTES).replace(b"\r\n", b"\n"))


def _converted(what: str, below: str) -> _Cause:
    return _Cause(
        f"is changed by git ({what})",
        f"write `{ATTRIBUTES_LINE}` into {below}/.gitattributes, then: "
        f"git add --renormalize {below} && git add {below} && git commit",
    )


def _refusal(commit: str, causes: Mapping[_Cause, Sequence[str]]) -> CheckFailed:
    parts = [f"{_listed(paths)} {cause.reason}" for cause, paths in causes.items()]
    cures = dict.fromkeys(cause.cure for cause in causes)
    return CheckFailed(
        f"the commit {commit[:12]} does not hold the runs, so no clone could verify the release: "
        f"{'; '.join(parts)}",
        hint="; ".join(cures),
    )


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MAX_LISTED} more" if len(paths) > _MAX_LISTED else ""
    return f"{', '.join(paths[:_MAX_LISTED])}{more}"
