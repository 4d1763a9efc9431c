"""A lint over strace's log of a writer: nothing unsynced is renamed, nothing acknowledged too early.

It keeps what is dirty: files with writes after their last fsync, and folders whose entries changed
after theirs. Below the staging folder only what is renamed out of it matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath as Posix
from typing import Final

from obrelease.registry.layout import INDEX_NAME, STAGING_NAME

_LINE: Final = re.compile(r"^(?:[0-9]+ +)?([a-z0-9_]+)\((.*)\) += (-?[0-9]+)(?:<(.*?)>)?(?: .*)?$")
_DESCRIPTOR: Final = re.compile(r"^-?[0-9]+<(.*?)>")
_PATH: Final = re.compile(r'"([^"]*)"')
_FOLDER: Final = re.compile(r"(?:AT_FDCWD|[0-9]+)<(.*?)>, \"")


@dataclass
class _Disk:
    files: set[Posix] = field(default_factory=set)
    folders: set[Posix] = field(default_factory=set)
    known: set[Posix] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def faults_in(log: Iterable[str], root: str) -> list[str]:
    """Every violation in the log of one writer below `root`, in order."""
    disk = _Disk()
    for line in log:
        parts = _LINE.match(line)
        if parts is None or int(parts[3]) < 0:
            continue
        name, arguments, result_path = parts[1], parts[2], parts[4]
        if name == "openat":
            _opened(disk, arguments, result_path, root)
        elif name in {"write", "pwrite64", "ftruncate"}:
            _written(disk, arguments, root)
        elif name in {"fsync", "fdatasync"}:
            path = _described(arguments)
            disk.files.discard(path)
            disk.folders.discard(path)
        elif name in {"mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "link", "linkat"}:
            for path in _paths(arguments)[-1:]:
                disk.folders.add(path.parent)
                if name in {"unlink", "unlinkat", "rmdir"}:
                    disk.files.discard(path)
                    disk.folders.discard(path)
        elif name.startswith("rename"):
            _renamed(disk, *_paths(arguments)[:2])
    return disk.faults


def _opened(disk: _Disk, arguments: str, result_path: str | None, root: str) -> None:
    if "O_CREAT" not in arguments or result_path is None:
        return
    path = Posix(result_path)
    if path.name.startswith(INDEX_NAME) and path.is_relative_to(root):
        disk.faults.append(f"the index was touched by a writer: {path}")
    if path not in disk.known:
        disk.known.add(path)
        disk.folders.add(path.parent)


def _written(disk: _Disk, arguments: str, root: str) -> None:
    path = _described(arguments)
    if path.is_relative_to(root):
        disk.files.add(path)
        if STAGING_NAME not in path.parts:
            disk.faults.append(f"written in place: {path}")
    elif str(path).startswith("pipe:"):
        for dirty in sorted((*disk.files, *disk.folders)):
            if STAGING_NAME not in dirty.parts and dirty.is_relative_to(Posix(root).parent):
                disk.faults.append(f"acknowledged before an fsync of {dirty}")


def _renamed(disk: _Disk, source: Posix, target: Posix) -> None:
    for held, what in ((disk.files, "file"), (disk.folders, "folder")):
        for dirty in sorted(held):
            if dirty.is_relative_to(source):
                disk.faults.append(f"renamed with an unsynced {what}: {dirty}")
                held.remove(dirty)
                held.add(target / dirty.relative_to(source))
    disk.folders |= {source.parent, target.parent}


def _described(arguments: str) -> Posix:
    found = _DESCRIPTOR.match(arguments)
    return Posix(found[1] if found else "?")


def _paths(arguments: str) -> list[Posix]:
    """The paths of a call, made whole by the folders that strace names for `*at` calls."""
    folders = iter(_FOLDER.findall(arguments))
    return [
        path if (path := Posix(text)).is_absolute() else Posix(next(folders, "/")) / path
        for text in _PATH.findall(arguments)
    ]
