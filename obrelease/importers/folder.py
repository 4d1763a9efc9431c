"""A folder that a tool wrote, as importers see it, and one document that holds several of its files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.importers.json_reader import Node
from obrelease.importers.source import ReadOptions, Source
from obrelease.storage.system_errors import storage_errors

MAX_FILES: Final = 100_000
"""The most files and folders of a folder that is imported."""

_FORMAT_KEY: Final = "obrelease-files"


@dataclass(frozen=True)
class Folder:
    """One folder to import.

    Attributes:
        path: the folder; links below it are not followed.
        place: what errors call it, such as the path that the user gave.
    """

    path: Path
    place: str
    options: ReadOptions = field(default_factory=ReadOptions)

    def has(self, relative: str) -> bool:
        """Whether there is a regular file of this path."""
        return _is_regular(self.path / relative)

    def file(self, relative: str) -> Source:
        """A source for one file, which is opened when it is read."""
        path = self.path / relative
        with storage_errors(path, "cannot be read"):
            status = path.stat(follow_symlinks=False)
        place = f"{self.place}/{relative}"
        return Source(path, place, path.name, status.st_mtime_ns, self.options)

    def files(self, suffix: str) -> Iterator[str]:
        """The relative paths of all regular files that end with `suffix`, in order.

        Raises:
            InvalidInput: the folder has too many files.
            StorageError: a folder cannot be listed.
        """
        seen = 0
        for folder, folders, names in os.walk(self.path, onerror=self._raise):
            folders.sort()
            seen += len(folders) + len(names)
            if seen > MAX_FILES:
                raise self.error(f"has more than {MAX_FILES:,} files and folders")
            relative = PurePosixPath(Path(folder).relative_to(self.path).as_posix())
            for name in sorted(names):
                if f"{relative / name}".endswith(suffix) and _is_regular(Path(folder, name)):
                    yield f"{relative / name}"

    def error(self, reason: str, *, hint: str | None = None) -> InvalidInput:
        """An error about this folder."""
        return InvalidInput(f"{self.place}: {reason}", hint=hint)

    def _raise(self, error: OSError) -> None:
        with storage_errors(Path(error.filename or self.path), "cannot be listed"):
            raise error


def pack_files(format_name: str, files: Mapping[str, str]) -> bytes:
    """One JSON document with the texts of several files, which an importer of the same format reads."""
    document = {_FORMAT_KEY: format_name, "files": dict(sorted(files.items()))}
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def packed_start(format_name: str) -> str:
    """A regular expression for the beginning of a document that `pack_files` wrote."""
    return rf'\s*\{{\s*"{_FORMAT_KEY}"\s*:\s*"{format_name}"'


def unpack_files(document: Node) -> dict[str, str]:
    """The texts by file name; raises `InvalidInput` if the document is not of that form."""
    return {name: node.text() for name, node in document.member("files").members()}


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
