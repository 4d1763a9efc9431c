"""Reading files that nobody vouches for: regular files only, up to a limit in bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from obrelease.errors import InvalidInput, NotFound, StorageError

MAX_DOCUMENT_BYTES: Final = 16 * 2**20
"""The largest document that is read; an envelope is some kilobytes."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading without following a last symlink and without waiting on a pipe.

    Raises:
        NotFound: nothing is there.
        InvalidInput: it is a symlink, a folder, a pipe, a socket or a device.
        StorageError: the disk refused.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if stat.S_ISLNK(path.lstat().st_mode):
            raise InvalidInput(f"{path}: is a symbolic link, not a regular file")
        descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot be opened: {reason_of(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{path}: is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises:
        NotFound, InvalidInput, StorageError: as `digest_file`, or the file is larger than `limit`.
    """
    with open_regular(path) as source:
        try:
            data = source.read(min(limit, os.fstat(source.fileno()).st_size) + 1)
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {reason_of(error)}") from error
    if len(data) > limit:
        raise InvalidInput(f"{path}: larger than {limit} bytes")
    return data


def reason_of(error: Exception) -> str:
    """What the system says of an error, without its number and path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
