"""Writing that survives a power cut: files and folders are synced before success is reported."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from obrelease.errors import Conflict, IntegrityError, StorageError
from obrelease.storage.files import open_regular
from obrelease.storage.hashing import digest_file, digest_stream
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be recorded.

    Attributes:
        path: its path in the artefact's folder, with `/`.
        media_type: such as `text/csv`.
        content: its bytes, or a file to copy them from.
    """

    path: str
    media_type: str
    content: bytes | Path


def reject_symlinks(root: Path, folder: Path) -> None:
    """Refuse a folder below `root` if it or a folder above it, up to `root`, is a symbolic link.

    Raises:
        StorageError: names the link.
    """
    for path in (folder, *folder.parents):
        if path == root:
            return
        if path.is_symlink():
            raise StorageError(
                f"{path}: is a symbolic link, which the registry does not follow",
                hint="replace it by the folder itself, or pass the folder that it leads to as --results",
            )


def write_file(path: Path, content: bytes | Path) -> tuple[str, int]:
    """Write a new file and sync it; return the sha256 and size of the bytes that were written.

    Raises:
        OSError: the operating system refused, or the file exists.
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


def replace_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file, or replace the one that exists, by one rename; both are synced.

    Args:
        mode: the permissions of the file.

    Raises:
        StorageError: the operating system refused; an existing file is unchanged.
    """
    from tempfile import mkstemp  # readers of a registry do without

    with storage_errors(path):
        make_folders(path.parent)
        descriptor, name = mkstemp(prefix=".incoming-", dir=path.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.chmod(mode)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)


def write_verified(
    target: Path, chunks: Iterable[bytes], size: int, sha256: str | None, *, staging: Path | None = None
) -> None:
    """Write a new file, complete and synced, and check it by reading it back; on failure nothing is left.

    Args:
        target: the new file; its folder must exist.
        chunks: the bytes in order.
        size: the expected size in bytes.
        sha256: the expected digest, or None if only the size is known.
        staging: a folder on the same file system for the unfinished file; the target's own if None.

    Raises:
        IntegrityError: the bytes received or the bytes read back are not the expected ones.
        Conflict: the target exists.
        StorageError: the operating system refused.
    """
    from tempfile import mkstemp

    with storage_errors(target):
        descriptor, name = mkstemp(prefix=".incoming-", dir=staging or target.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as sink:
                for chunk in _exactly(target, chunks, size):
                    sink.write(chunk)
                sink.flush()
                os.fsync(sink.fileno())
            digest, stored = digest_file(unfinished)
            if (stored, digest) != (size, sha256 or digest):
                raise IntegrityError(
                    f"{target.name}: sha256 is {digest} over {stored} bytes, expected {sha256}"
                )
            unfinished.chmod(0o644)
            target.hardlink_to(unfinished)
            unfinished.unlink()  # before the folder is synced, which would keep the second name
            sync_folder(target.parent)
        except FileExistsError as error:
            raise Conflict(
                f"{target}: exists already", hint="choose a new name or remove the file"
            ) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()


def _exactly(target: Path, chunks: Iterable[bytes], size: int) -> Iterable[bytes]:
    """Pass the chunks on, and refuse more or fewer bytes than `size`."""
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > size:
            raise IntegrityError(f"{target.name}: more than the {size} bytes that were announced")
        yield chunk
    if received != size:
        raise IntegrityError(f"{target.name}: {received} bytes were received, {size} were announced")


def make_folders(folder: Path) -> None:
    """Make a folder and those above it; the entry of each is synced before the next is made.

    Raises:
        OSError: the operating system refused.
    """
    if sys.platform == "win32":
        refuse_windows("writing what must survive a power cut")
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir()
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable, if its file system supports that.

    Raises:
        OSError: the operating system refused.
    """
    if sys.platform == "win32":
        refuse_windows("writing what must survive a power cut")
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except PermissionError:
        return  # a folder that this user cannot read was not made by this program
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Sync every folder of a tree, the deepest first.

    Raises:
        OSError: the operating system refused.
    """
    for path, _, _ in os.walk(folder, topdown=False):
        sync_folder(Path(path))
