"""Errors of the operating system, turned into errors of this program in one place."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError, StorageError

HINTS: Final = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EACCES: "permission denied; choose another folder or change its permissions",
    errno.EPERM: "permission denied; choose another folder or change its permissions",
    errno.EMFILE: "too many open files; raise the limit with `ulimit -n`",
    errno.ENFILE: "too many open files on this machine",
    errno.EXDEV: "the folder and everything in it must be on one file system",
    errno.EIO: "the disk reported an error; check its health",
}
"""What a user can do, by error number."""


@contextmanager
def storage_errors(
    path: Path,
    problem: str = "cannot be written",
    *,
    hint: str | None = None,
    missing: type[ObreleaseError] = StorageError,
) -> Iterator[None]:
    """Turn an `OSError` of the block into an error with the path, the problem and the system's reason.

    Args:
        path: the file or folder that the block works on. The message names it, or the path below it
            that failed.
        problem: what failed, such as `cannot be read`.
        hint: what the user can do; by default it depends on the error number.
        missing: the error if the file or folder does not exist; `NotFound` if the user named it.

    Raises:
        StorageError: the operating system refused.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _error(error, missing, path, problem, hint) from error
    except OSError as error:
        raise _error(error, StorageError, path, problem, hint) from error


def out_of_memory(error: MemoryError) -> StorageError:
    """The error for work that does not fit into memory."""
    detail = f": {error}" if str(error) else ""
    return StorageError(
        f"not enough memory{detail}", hint="use a smaller input, or a machine with more memory"
    )


def reason_of(error: Exception) -> str:
    """The system's reason for an error, without its number and path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _error(
    error: OSError, kind: type[ObreleaseError], path: Path, problem: str, hint: str | None
) -> ObreleaseError:
    failed = Path(error.filename) if isinstance(error.filename, str) else path
    where = failed if path in failed.parents else path
    return kind(f"{where}: {problem}: {reason_of(error)}", hint=hint or HINTS.get(error.errno or 0))
