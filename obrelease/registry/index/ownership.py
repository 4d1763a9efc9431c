"""Whose index a file is: the user's own secret marks the indexes that this program wrote for this user.

The file is in the results folder, so a repository or an archive can bring one. Its header therefore
carries a mark, and each row a seal, made with a secret that is kept in the user's home folder. A file
without the right mark is never opened by SQLite.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.registry.layout import IGNORE_NAME, IGNORED_WITHOUT_INIT
from obrelease.storage.hashing import keyed_digest

SECRET_BYTES: Final = 32
_KEY_FILE: Final = Path(".local", "state", "obrelease", "index.key")
_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_USER_VERSION: Final = slice(60, 64)
_APPLICATION_ID: Final = slice(68, 72)
_ROLLBACK_JOURNAL: Final = b"\1\1"
_JOURNAL_MODES: Final = slice(18, 20)


class UnusableIndex(Exception):
    """The index is not used and not deleted; the message says why, and what helps."""


class NoIndexSecret(UnusableIndex):
    """There is no secret, because the home folder is missing or cannot be written."""


def read_secret() -> bytes:
    """The user's secret, made at its first use.

    It is always below the home folder: the command line and the Python interface must find the same one.

    Raises:
        NoIndexSecret: there is none, and it cannot be written, or others can read it.
    """
    if sys.platform == "win32":
        raise NoIndexSecret("there is no index on Windows, which has no owners of files")
    try:
        path = Path.home() / _KEY_FILE
        if not path.is_absolute():
            raise ValueError("the home folder is not an absolute path")
        if not os.path.lexists(path):
            _make_secret(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status, data = os.fstat(descriptor), os.read(descriptor, SECRET_BYTES + 1)
        finally:
            os.close(descriptor)
    except (OSError, RuntimeError, ValueError) as error:
        raise NoIndexSecret("there is no secret for the index in your home folder") from error
    private = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
    if not private or len(data) != SECRET_BYTES:
        raise NoIndexSecret(f"{path}: is not a private file of {SECRET_BYTES} bytes; delete it")
    return data


def _make_secret(path: Path) -> None:
    """Write a new secret under its name at once, unless another process was faster."""
    import secrets  # once for each user

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(SECRET_BYTES))
        os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)


def seal_key(secret: bytes) -> bytes:
    """The key of the seals of rows."""
    return bytes.fromhex(keyed_digest(secret, b"rows", 32))


def mark_of(path: Path, secret: bytes, version: int) -> int:
    """The mark of an index file: of this secret, this format version and this file (its inode)."""
    text = f"index {version} {path.stat().st_ino}"
    return int.from_bytes(bytes.fromhex(keyed_digest(secret, text.encode("ascii"), 4)), "big", signed=True)


def is_index(path: Path, application_id: int) -> bool:
    """Whether a file has the header of an index of this program, whoever made it; an empty file has.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    return not header or (
        header.startswith(_MAGIC) and header[_APPLICATION_ID] == application_id.to_bytes(4, "big")
    )


def is_marked(path: Path, secret: bytes, application_id: int, version: int) -> bool:
    """Whether the header of a file has the mark; an empty file is a new index.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header:
        return True
    return (
        header.startswith(_MAGIC)
        and header[_JOURNAL_MODES] == _ROLLBACK_JOURNAL
        and header[_APPLICATION_ID] == application_id.to_bytes(4, "big")
        and header[_USER_VERSION] == mark_of(path, secret, version).to_bytes(4, "big", signed=True)
    )


def require_own_file(path: Path) -> None:
    """Refuse an index that is not a regular file of this user.

    Raises:
        UnusableIndex: it is something else, or of another user.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise UnusableIndex(f"{path}: is not a regular file; delete it")
    if sys.platform == "win32" or status.st_uid != os.geteuid():
        raise UnusableIndex(f"{path}: belongs to another user; runs are read from their folders")


def require_untracked(path: Path) -> None:
    """Refuse an index that git tracks; called only if the mark is wrong, because it starts git.

    Raises:
        UnusableIndex: git tracks it.
    """
    results = path.parent.resolve()
    root = next((folder for folder in (results, *results.parents) if (folder / ".git").exists()), None)
    if root is None:
        return
    # Imported here: the import of GitPython is slower than a query, and this case is rare.
    from obrelease.remote.git.repository import GitRepository

    try:
        with GitRepository.open(root) as repo:
            tracked = repo.tracked((results / path.name).relative_to(repo.root).as_posix())
    except (ObreleaseError, ValueError):
        return
    if tracked:
        pattern = shlex.quote(os.path.relpath(f"{path}*"))
        raise UnusableIndex(
            f"{path}: is tracked by git and not used; run `git rm --cached {pattern}`, which also names its "
            "journal, and commit"
        )


def keep_out_of_git(results: Path) -> None:
    """Write `.gitignore` into a results folder that has none, because the index is about to be in it."""
    with suppress(OSError), (results / IGNORE_NAME).open("x", encoding="utf-8") as file:
        file.write(IGNORED_WITHOUT_INIT)
