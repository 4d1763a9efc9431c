"""Writing that survives a power cut: files and folders are synced before anything is promised."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from obrelease.errors import StorageError
from obrelease.storage.files import open_regular
from obrelease.storage.hashing import digest_stream

_HINTS: Final = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the quota is used up; free some space and try again",
    errno.EROFS: "the disk is read-only; choose another folder with --results",
    errno.EACCES: "not permitted; choose another folder with --results",
    errno.EPERM: "not permitted; choose another folder with --results",
    errno.EMFILE: "too many open files; raise the limit with `ulimit -n`",
    errno.ENFILE: "too many open files on this machine",
    errno.EXDEV: "the results folder must lie on one file system",
    errno.EIO: "the disk failed; look at its health before you trust it",
}


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be recorded.

    Attributes:
        path: where it goes below the artefact's folder, with `/`.
        media_type: such as `text/csv`.
        content: its bytes, or a file to copy them from.
    """

    path: str
    media_type: str
    content: bytes | Path


@contextmanager
def storage_errors(place: Path, outcome: str = "nothing was recorded") -> Iterator[None]:
    """Turn what the operating system says into a `StorageError` with the path and a hint."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else place
        raise StorageError(
            f"{where}: {error.strerror or error}; {outcome}", hint=_HINTS.get(error.errno or 0)
        ) from error


def demand_real(root: Path, folder: Path) -> None:
    """Refuse a folder below `root` that a symbolic link leads to, and so out of the registry.

    Raises:
        StorageError: names the link.
    """
    for path in (folder, *folder.parents):
        if path == root:
            return
        if path.is_symlink():
            raise StorageError(
                f"{path}: is a symbolic link, which the registry does not follow",
                hint="put the folder itself there, or name the one it leads to by --results",
            )


def write_file(path: Path, content: bytes | Path) -> tuple[str, int]:
    """Write a new file and sync it; return the sha256 and size of the bytes that were written.

    Raises:
        OSError: the disk refused, or the file is there already.
        NotFound, InvalidInput, StorageError: the file to copy from cannot be read.
    """
    with (
        path.open("xb") as target,
        BytesIO(content) if isinstance(content, bytes) else open_regular(content) as source,
    ):
        written = digest_stream(source, target.write)
        target.flush()
        os.fsync(target.fileno())
    return written


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, each one's entry synced before the next is made."""
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable; where the file system has no such notion, nothing."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except PermissionError:
        return  # a folder that we may not read is not one that we made
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Sync every folder of a tree, the deepest first."""
    for path, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(path))
