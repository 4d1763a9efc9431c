"""A git folder of our own in front of a repository, so that git never reads that repository's configuration.

A repository's configuration can name programs (hooks, helpers, filters, transports), other repositories
and further files, by some hundred keys, and each version of git adds more. So git is given a folder that
borrows the objects, refs and index of the repository by symbolic links, and has a configuration of its
own: a few keys, copied by name (`COPIED_KEYS` in `remote.git.configuration`). Everything else in the
repository's files stays unread.

Layout: gitrepository-layout(5). Ownership: safe.directory in git-config(1).
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, UsageError
from obrelease.remote.git.configuration import write_configuration
from obrelease.remote.git.folders import MAX_POINTER_BYTES, GitFolders
from obrelease.storage.files import read_bounded
from obrelease.storage.operating_system import refuse_windows

_BORROWED: Final = ("refs", "packed-refs", "reftable", "objects", "logs", "shallow")
_BORROWED_INFO: Final = ("exclude", "sparse-checkout")
_MAX_ALTERNATES_BYTES: Final = 2**20
_MAX_ALTERNATES: Final = 32


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
    if sys.platform == "win32":
        refuse_windows("reading a git repository")
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
        InvalidInput: HEAD is not a regular file, a file that git reads is a link, a pipe or a device, or
            borrowed objects are of another user.
        StorageError: the disk refused.
    """
    _require_plain_entries(folders)
    _check_alternates(folders.common / "objects")
    (target / "HEAD").write_bytes(read_bounded(folders.private / "HEAD", MAX_POINTER_BYTES))
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


def _require_plain_entries(folders: GitFolders) -> None:
    """Refuse links, which lead out of the repository, and pipes and devices, which git would wait for.

    Looked at: whatever of the repository is borrowed, all references, and the files next to the objects.
    """
    objects = folders.common / "objects"
    for place in (folders.private / "index", *(folders.common / name for name in _BORROWED)):
        if os.path.lexists(place):
            _require_plain(place, place.lstat().st_mode)
    for folder in (folders.common / "refs", objects / "info", objects / "pack"):
        for parent, folders_below, files in os.walk(folder):
            for name in (*folders_below, *files):
                place = Path(parent, name)
                _require_plain(place, place.lstat().st_mode)


def _require_plain(place: Path, mode: int) -> None:
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidInput(f"{place}: is not a regular file or folder", hint="git makes nothing else here")


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
        for line in os.fsdecode(read_bounded(file, _MAX_ALTERNATES_BYTES)).splitlines():
            if line and not line.startswith("#"):
                yield (file.parent.parent / line).resolve()
