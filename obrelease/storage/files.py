"""Reading untrusted files: regular files only, up to a limit in bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from obrelease.errors import InvalidInput, NotFound, StorageError
from obrelease.storage.system_errors import reason_of, storage_errors

MAX_DOCUMENT_BYTES: Final = 16 * 2**20
"""The largest document that is read; an envelope has some kilobytes."""

_MAX_SMALL_BYTES: Final = 65_536
_CAN_REFUSE_LINKS: Final = hasattr(os, "O_NOFOLLOW")
_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)
_FOLDER_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)

CHUNK_BYTES: Final = 256 * 1024
"""How much is read, hashed, copied or sent at once."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; a symbolic link is not followed and a pipe is not waited for.

    Raises:
        NotFound: the file does not exist.
        InvalidInput: it is a symbolic link, a folder, a pipe, a socket or a device.
        StorageError: the operating system refused.
    """
    try:
        if stat.S_ISLNK(path.lstat().st_mode):
            raise InvalidInput(f"{path}: is a symbolic link, not a regular file")
        descriptor = os.open(path, _OPEN_FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise StorageError(f"{path}: cannot be opened: {reason_of(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{path}: is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises:
        NotFound, InvalidInput, StorageError: as `open_regular`, or the file is larger than `limit`.
    """
    if (small := read_small(str(path))) is not None and len(small) <= limit:
        return small
    with open_regular(path) as source, storage_errors(path, "cannot be read"):
        data = source.read(min(limit, os.fstat(source.fileno()).st_size) + 1)
    if len(data) > limit:
        raise InvalidInput(f"{path}: larger than {limit} bytes")
    return data


def read_small(path: str, folder: int | None = None) -> bytes | None:
    """The bytes of a regular file of at most 64 KiB in four system calls; None if anything is unusual.

    For many small files; `read_bounded` and `open_regular` name what is unusual.

    Args:
        folder: the descriptor of the folder that the path is relative to, see `open_folder`.
    """
    if not _CAN_REFUSE_LINKS:
        return None
    try:
        descriptor = os.open(path, _OPEN_FLAGS, dir_fd=folder)
    except (OSError, ValueError):  # ValueError: a null character in the path
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SMALL_BYTES:
            return None
        data = os.read(descriptor, status.st_size + 1)
        return data if len(data) == status.st_size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def open_folder(path: str) -> int | None:
    """A descriptor of a folder, to be closed; None if it is a symbolic link, or anything is unusual.

    A slash at the end of a path would have a link followed.
    """
    if not _CAN_REFUSE_LINKS or os.listdir not in os.supports_fd or path.endswith(("/", "/.")):
        return None
    try:
        return os.open(path, _FOLDER_FLAGS)
    except (OSError, ValueError):
        return None
