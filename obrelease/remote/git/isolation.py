"""A git folder of our own in front of a repository, so that git never reads that repository's configuration.

A repository's configuration can name programs (hooks, helpers, filters, transports), other repositories
and further files, by some hundred keys, and each version of git adds more. So git is given a folder that
borrows the objects, refs and index of the repository by symbolic links, and has a configuration of its
own: the few keys below, copied by name. Everything else in the repository's files stays unread.

Layout: gitrepository-layout(5). Ownership: safe.directory in git-config(1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.storage.files import read_bounded

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

_BORROWED: Final = ("refs", "packed-refs", "reftable", "objects", "logs", "shallow")
_BORROWED_INFO: Final = ("exclude", "sparse-checkout")
_MAX_CONFIG_BYTES: Final = 2**20
_MAX_POINTER_BYTES: Final = 8192
_MAX_ALTERNATES: Final = 32


@dataclass(frozen=True, slots=True)
class GitFolders:
    """Where a work tree and its repository are.

    Attributes:
        root: the work tree.
        private: the git folder of this work tree alone: HEAD and index.
        common: the git folder that all work trees of the repository share; equal to `private` for the first.
    """

    root: Path
    private: Path
    common: Path


def find_git_folders(path: Path) -> GitFolders:
    """The work tree that `path` is in, and its git folders.

    Raises:
        NotFound: no folder at or above `path` has a `.git`.
        InvalidInput: a `.git` file or a `commondir` does not name a folder.
    """
    start = path.resolve()
    for root in (start, *start.parents):
        link = root / ".git"
        if link.is_dir() and (link / "HEAD").exists():
            return GitFolders(root, link.resolve(), link.resolve())
        if link.is_file():
            private = _pointed(link, "gitdir: ")
            common = _pointed(private / "commondir", "") if (private / "commondir").exists() else private
            return GitFolders(root, private, common)
    raise NotFound(
        f"{path}: is not inside a git work tree", hint="run it in a repository, or run `git init` first"
    )


def _pointed(file: Path, prefix: str) -> Path:
    """The folder that a file of one line names."""
    text = os.fsdecode(read_bounded(file, _MAX_POINTER_BYTES)).rstrip("\n")
    folder = file.parent / text.removeprefix(prefix)
    if not text.startswith(prefix) or "\0" in text or not folder.is_dir():
        raise InvalidInput(f"{file}: does not name a git folder", hint="`git worktree repair` may help")
    return folder.resolve()


def require_ownership(folders: GitFolders, safe_directories: Sequence[str]) -> None:
    """Refuse a repository of somebody else, as git does.

    Args:
        safe_directories: the values of `safe.directory` in the user's own configuration, in order;
            an empty one clears those before it.

    Raises:
        UsageError: the work tree or a git folder belongs to another user, and is not listed.
    """
    owners = _trusted_owners()
    for folder in dict.fromkeys((folders.root, folders.root / ".git", folders.private, folders.common)):
        if folder.lstat().st_uid not in owners and not _is_listed(folders.root, safe_directories):
            raise UsageError(
                f"{folder}: belongs to another user, so its repository is not trusted",
                hint=f"if you trust it: git config --global --add safe.directory {folders.root}",
            )


def _trusted_owners() -> frozenset[int]:
    return frozenset({os.geteuid()})


def _is_listed(root: Path, safe_directories: Sequence[str]) -> bool:
    listed = False
    for value in safe_directories:
        listed = value != "" and (listed or _covers(value, root))
    return listed


def _covers(value: str, root: Path) -> bool:
    """Whether one value of `safe.directory` is about a work tree: its path, `/path/*` or `*`."""
    if value.endswith("/*"):
        return root.is_relative_to(Path(value[:-2]).expanduser())
    return value == "*" or Path(value).expanduser().resolve() == root


def write_isolated_folder(folders: GitFolders, target: Path) -> None:
    """Make the git folder that git is given, with an empty configuration.

    Args:
        target: a new, empty folder.

    Raises:
        InvalidInput: HEAD is not a regular file, or borrowed objects are of another user.
        StorageError: the disk refused.
    """
    _check_alternates(folders.common / "objects")
    (target / "HEAD").write_bytes(read_bounded(folders.private / "HEAD", _MAX_POINTER_BYTES))
    for name in _BORROWED:
        if (folders.common / name).exists():
            (target / name).symlink_to(folders.common / name)
    for shared in folders.private.glob("sharedindex.*"):
        (target / shared.name).symlink_to(shared)
    (target / "info").mkdir()
    for name in _BORROWED_INFO:
        kept = folders.private if name == "sparse-checkout" else folders.common
        if (kept / "info" / name).is_file():
            (target / "info" / name).symlink_to(kept / "info" / name)
    write_configuration(target, {})


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


def _check_alternates(objects: Path) -> None:
    """Refuse objects that are borrowed from a folder of another user, or through too many files."""
    waiting, seen = [objects], {objects}
    while waiting:
        file = waiting.pop() / "info" / "alternates"
        for other in _alternates(file):
            is_ours = other.is_dir() and other.stat().st_uid in _trusted_owners()
            if not is_ours or len(seen) > _MAX_ALTERNATES:
                raise InvalidInput(
                    f"{file}: borrows objects of a folder that is not yours: {other}",
                    hint="`git repack -a -d` copies what is borrowed; then remove the file",
                )
            if other not in seen:
                seen.add(other)
                waiting.append(other)


def _alternates(file: Path) -> Iterator[Path]:
    if file.exists():
        for line in os.fsdecode(read_bounded(file, _MAX_CONFIG_BYTES)).splitlines():
            if line and not line.startswith("#"):
                yield (file.parent.parent / line).resolve()
