"""A file of another tool as importers see it: bytes, lenient text, lenient JSON, and its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO, Final, Literal

from obrelease.errors import InvalidInput
from obrelease.importers.json_reader import Node
from obrelease.importers.json_stream import Keep, read_beginning, read_stream
from obrelease.importers.text_encoding import decode_chunks, decode_text
from obrelease.storage.files import open_regular, read_bounded
from obrelease.storage.limits import parsing
from obrelease.storage.system_errors import storage_errors

MAX_FILE_BYTES: Final = 2**30
"""The largest file that is imported."""

MAX_TEXT_BYTES: Final = 128 * 2**20
"""The largest file that is read as one text."""

MAX_LINE_CHARACTERS: Final = 64 * 2**20
"""The longest line of a text."""

HEAD_BYTES: Final = 256 * 1024
"""How much of a file the detection of its format reads."""

LONG_HEAD_BYTES: Final = 16 * 2**20
"""How much it reads of a file that is not recognised by less, such as one with a long context."""

Clock = Literal["service", "response"]

_CHUNK_BYTES: Final = 256 * 1024
_ITEMS_OF_A_LIST: Final = 3


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about values whose meaning a file does not give.

    Attributes:
        unit: of the values of a histogram log: `ns`, `us`, `ms` or `s`.
        clock: what a histogram timed: `service` from the start of the work, `response` from the
            intended arrival.
    """

    unit: str = "ns"
    clock: Clock = "service"


class FileHead:
    """The beginning of a file, by which its format is detected.

    Attributes:
        name: the file's name without folders.
        data: its first bytes.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data

    @cached_property
    def text(self) -> str:
        """The beginning as text."""
        return "".join(decode_chunks([self.data])).replace("\r\n", "\n")

    @cached_property
    def json_paths(self) -> frozenset[str]:
        """Paths of the values of the JSON in this beginning, such as `benchmarks[].name`; empty for no JSON.

        A list at the top gives paths such as `[].name`.
        """
        if self.text.lstrip()[:1] not in {"{", "["}:
            return frozenset()
        return frozenset(_paths(read_beginning(self.data), ""))

    def has_json(self, *paths: str) -> bool:
        """Whether the JSON in this beginning has all of these paths."""
        return self.json_paths.issuperset(paths)

    def begins_with(self, pattern: str) -> bool:
        """Whether the text matches a regular expression from its first character."""
        return re.match(pattern, self.text) is not None

    def has_line(self, pattern: str) -> bool:
        """Whether a line of the text matches a regular expression from its start."""
        # Tried at starts of lines alone: a search tries every character, which a long line makes quadratic.
        match = re.compile(pattern, re.MULTILINE).match
        return any(match(line) for line in self.text.split("\n"))


@dataclass(frozen=True)
class Source:
    """One file to import.

    Attributes:
        path: a regular file that does not change while it is read.
        place: what errors call it, such as the path that the user gave.
        name: its name without folders.
        modified_ns: when it was last written, nanoseconds since 1970; None if that is unknown.
    """

    path: Path
    place: str
    name: str
    modified_ns: int | None = None
    options: ReadOptions = field(default_factory=ReadOptions)

    @property
    def stem(self) -> str:
        """The name without its last suffix: a title for files that give none."""
        return PurePosixPath(self.name).stem

    @cached_property
    def size(self) -> int:
        """The size in bytes."""
        with storage_errors(self.path, "cannot be read"):
            return self.path.stat().st_size

    @cached_property
    def head(self) -> FileHead:
        """The beginning of the file."""
        return self.beginning(HEAD_BYTES)

    def beginning(self, size: int) -> FileHead:
        """The first bytes of the file, at most `size`."""
        with self.open() as file, storage_errors(self.path, "cannot be read"):
            return FileHead(self.name, file.read(size))

    def open(self) -> BinaryIO:
        """Open the file for reading; raises as `open_regular`."""
        return open_regular(self.path)

    def data(self, limit: int = MAX_TEXT_BYTES) -> bytes:
        """All bytes; raises `InvalidInput` if there are more than `limit`."""
        if self.size > limit:
            raise self.error(f"larger than {limit:,} bytes")
        with parsing(self.size, self.place):
            return read_bounded(self.path, limit)

    def text(self) -> str:
        """The whole text, decoded leniently, with `\\n` at the end of lines."""
        return decode_text(self.data()).replace("\r\n", "\n")

    def lines(self) -> Iterator[str]:
        """The lines of the text without their ends, read piece by piece; lines end with LF or CRLF."""
        begun: list[str] = []
        length = 0
        with parsing(self.size, self.place), self.open() as file:
            for text in decode_chunks(iter(lambda: file.read(_CHUNK_BYTES), b"")):
                *lines, rest = text.split("\n")
                if lines:
                    yield "".join((*begun, lines[0])).removesuffix("\r")
                    for line in lines[1:]:
                        yield line.removesuffix("\r")
                    begun, length = [], 0
                begun.append(rest)
                length += len(rest)
                if length > MAX_LINE_CHARACTERS:
                    raise self.error(f"a line has more than {MAX_LINE_CHARACTERS:,} characters")
        if last := "".join(begun):
            yield last.removesuffix("\r")

    def json(self, *, keep: Keep = "last") -> Node:
        """The JSON document, read leniently: see `json_stream` and `json_repair`.

        Args:
            keep: which value of a key counts that an object has more than once.

        Raises:
            InvalidInput: it is no JSON, or beyond a limit.
        """
        return self.json_and_duplicates(keep=keep)[0]

    def json_and_duplicates(self, *, keep: Keep = "last") -> tuple[Node, tuple[str, ...]]:
        """As `json`, and the places of keys that an object has more than once (the first 20)."""
        document = read_stream(self.open, self.size, self.place, keep=keep)
        return Node(document.value, f"{self.place}: $"), document.duplicates

    def error(self, reason: str, *, hint: str | None = None) -> InvalidInput:
        """An error about this file."""
        return InvalidInput(f"{self.place}: {reason}", hint=hint)


def source_of(path: Path, *, place: str | None = None, options: ReadOptions | None = None) -> Source:
    """A source for a file on disk, with its name and time of modification."""
    with storage_errors(path, "cannot be read"):
        status = path.stat()
    return Source(path, place or str(path), path.name, status.st_mtime_ns, options or ReadOptions())


def program_name(path: str) -> str:
    """The name of a program without its folders, whichever system wrote the path."""
    return PurePosixPath(PureWindowsPath(path).as_posix()).name


def _paths(value: Any, path: str) -> Iterator[str]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value[:_ITEMS_OF_A_LIST]:
            yield from _paths(inner, f"{path}[]")
