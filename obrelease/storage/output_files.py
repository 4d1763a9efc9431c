"""Files that a command writes because the user named them: pictures, reports, pages.

A file is replaced as a whole and never written through: a checkout can hold a link to a file elsewhere
under the name of an output.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Final

from obrelease.errors import StorageError
from obrelease.storage.durable import replace_file
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors

_DEVICES: Final = (Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd"))
"""Names here, such as `/dev/stdout`, are links to open files of the process."""


def write_output(path: Path, content: bytes) -> None:
    """Write a file, or replace the one that exists; a link is replaced, and its target is unchanged.

    Pipes and terminals are written to.

    Raises:
        StorageError: the folder does not exist, no process reads the pipe, or the operating system refused.
    """
    with storage_errors(path, "cannot be written"):
        if _is_stream(path):
            _write_stream(path, content)
            return
        if path.is_dir():
            raise StorageError(f"{path}: is a folder", hint="name a file")
        if not path.parent.is_dir():
            raise StorageError(
                f"{path}: cannot be written: there is no folder {path.parent}",
                hint="make its folder first, or choose another one",
            )
        replace_file(path, content)


def write_page(path: Path, content: bytes) -> None:
    """Write a file of a folder of many; a link or special file of its name is removed first.

    Unlike `write_output`, it does not wait for the disk.

    Raises:
        StorageError: the operating system refused.
    """
    with storage_errors(path, "cannot be written"):
        path.unlink(missing_ok=True)
        with path.open("xb") as file:
            file.write(content)


def _is_stream(path: Path) -> bool:
    if path.parent in _DEVICES:
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _write_stream(path: Path, content: bytes) -> None:
    if sys.platform == "win32":
        refuse_windows("writing into a pipe or a device")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if path.is_fifo():
            raise StorageError(
                f"{path}: is a pipe that no process reads", hint="start its reader first, or name a file"
            ) from error
        raise
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
