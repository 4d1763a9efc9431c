"""The files that an import names: patterns, folders and standard input, each copied before it is read.

A copy cannot change while it is read and recorded, so the numbers of a run are those of its original file.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from obrelease.errors import InvalidInput, NotFound, UsageError
from obrelease.importers.formats import BUILT_IN
from obrelease.importers.source import MAX_FILE_BYTES
from obrelease.storage.files import CHUNK_BYTES, open_regular
from obrelease.storage.hashing import Hasher
from obrelease.storage.limits import Resource, charge
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors

STANDARD_INPUT: Final = "-"

_SKIPPED_FOLDERS: Final = frozenset({".git", "__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to import.

    Attributes:
        place: as the user named it, for messages.
        name: without folders.
        path: None for standard input.
        is_folder: whether it is a folder, which is one history or holds files of its own.
        of_folder: whether it was found in a folder, where files of other kinds are expected.
    """

    place: str
    name: str
    path: Path | None
    is_folder: bool = False
    of_folder: bool = False


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A private copy of an input file.

    Attributes:
        modified_ns: when the original was written; None for standard input.
        sha256: of the bytes that were copied.
    """

    path: Path
    modified_ns: int | None
    sha256: str


def expand(words: Sequence[str]) -> list[InputFile]:
    """The files and folders that words of a command name, in order, each once.

    A word is a path, a pattern such as `out/*.json`, or `-`.

    Raises:
        UsageError: no word, or `-` twice.
        InvalidInput: a word names a pipe, which could keep the command waiting.
        NotFound: a word names nothing.
    """
    if not words:
        raise UsageError("no file to import", hint="name files, folders or patterns, or - for standard input")
    if words.count(STANDARD_INPUT) > 1:
        raise UsageError("- is given twice", hint="standard input can be read once")
    found: dict[str, InputFile] = {}
    for word in words:
        for file in _expand_word(word):
            found.setdefault(file.place, file)
    return list(found.values())


def copy(file: InputFile, target: Path, stdin: BinaryIO | None, advance: Advance) -> CopiedFile:
    """Copy a file, or standard input to its end, and hash it meanwhile.

    Raises:
        NotFound, InvalidInput, StorageError: it cannot be read, or has more than `MAX_FILE_BYTES`.
        UsageError: there is no standard input.
    """
    if file.path is not None:
        with open_regular(file.path.resolve()) as source:
            modified_ns = os.fstat(source.fileno()).st_mtime_ns
            return CopiedFile(target, modified_ns, _copied(source, target, file.place, advance))
    if stdin is None:
        raise UsageError("there is no standard input", hint="name a file")
    return CopiedFile(target, None, _copied(stdin, target, file.place, advance))


def _copied(source: BinaryIO, target: Path, place: str, advance: Advance) -> str:
    hasher = Hasher()
    with storage_errors(target, "cannot be copied"), target.open("xb") as sink:
        while chunk := source.read(CHUNK_BYTES):
            hasher.update(chunk)
            if hasher.size > MAX_FILE_BYTES:
                raise InvalidInput(f"{place}: larger than {MAX_FILE_BYTES:,} bytes")
            sink.write(chunk)
            advance(len(chunk))
    return hasher.hexdigest()


def _expand_word(word: str) -> Iterator[InputFile]:
    if word == STANDARD_INPUT:
        yield InputFile("standard input", "stdin", None)
        return
    if not word or "\0" in word:
        raise UsageError(f"{word!r} is not a path", hint="name a file, such as results.json")
    path = Path(word)
    if path.is_fifo():
        raise InvalidInput(f"{word}: is a pipe", hint="pass it as standard input: obrelease import - < PIPE")
    if path.is_dir():
        yield InputFile(word, path.name or str(path), path, is_folder=True)
    elif os.path.lexists(path):
        yield InputFile(word, path.name, path)
    elif glob.has_magic(word):
        matches = sorted(glob.glob(word, recursive=True))  # noqa: PTH207 - a path may be absolute
        if not matches:
            raise NotFound(f"{word}: matches no file")
        for match in matches:
            if not Path(match).is_dir():
                yield InputFile(match, Path(match).name, Path(match))
    else:
        raise NotFound(
            f"{word}: no such file", hint=f"name the format as --format {word}" if word in BUILT_IN else None
        )


def files_below(folder: Path) -> Iterator[InputFile]:
    """The regular files below a folder, sorted by path; links are not followed.

    Raises:
        NotFound: there is none.
        InvalidInput: there are more than the budget of the command has.
        StorageError: a folder cannot be listed.
    """
    found = []
    with storage_errors(folder, "cannot be listed"):
        for place, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
            charge(Resource.MEMBERS, len(names), str(folder))
            found += [
                path for name in names if (path := Path(place, name)).is_file() and not path.is_symlink()
            ]
    if not found:
        raise NotFound(f"{folder}: holds no file")
    for path in sorted(found):
        yield InputFile(str(path), path.name, path, of_folder=True)
