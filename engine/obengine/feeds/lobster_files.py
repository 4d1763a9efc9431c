"""Where LOBSTER days are: a folder or an archive of one or more days, or a message file with its pair.

A day is a pair of files. They may be plain CSV or `.csv.gz`; an archive is `.zip` or `.7z`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from obengine.api.errors import FeedError, NotInFeed
from obengine.feeds.files import DataFile, hash_file, read_block, unpack_gzip
from obengine.feeds.lobster_archives import SevenZipArchive, ZipArchive
from obengine.feeds.lobster_name import (
    LobsterName,
    counterpart_name,
    is_data_file,
    is_message_file,
    orderbook_name,
    parse_name,
)

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LobsterPair:
    """A message stream with its orderbook stream.

    Attributes:
        name: base name of the message file.
        messages_name, orderbook_name: the files as the user named them; `archive!member` in an archive.
        sources: the files of the streams.
    """

    name: str
    messages: BinaryIO
    messages_name: str
    orderbook: BinaryIO
    orderbook_name: str
    sources: tuple[DataFile, ...]

    def verify_checksums(self) -> None:
        """Read both streams to their ends, where the checksums of an archive are verified.

        Raises:
            FeedError: an archive's member is damaged.
        """
        for stream, name in ((self.messages, self.messages_name), (self.orderbook, self.orderbook_name)):
            while read_block(stream, name, None):
                pass


class _Store(Protocol):
    """A place with files that can be opened by name, more than once."""

    def names(self) -> list[str]:
        """The names of all files; a name that occurs twice is there twice."""

    def open_member(self, stack: ExitStack, name: str) -> tuple[BinaryIO, str, int]:
        """A stream, its name for the user, and the number of bytes that it has on disk."""

    def sources(self, names: Sequence[str]) -> tuple[DataFile, ...]:
        """The files on disk that hold these members."""


@dataclass(frozen=True, slots=True)
class LobsterDays:
    """The days of a folder, an archive or a message file, in order of date and symbol.

    Attributes:
        where: the folder, archive or file as the user named it.
        messages: the message file of each day, as it is named there.
    """

    where: str
    messages: tuple[str, ...]
    _store: _Store

    def names(self) -> tuple[LobsterName, ...]:
        """What the names of the message files say."""
        return tuple(map(parse_name, self.messages))

    def select(self, days: Sequence[str], symbols: Sequence[str] = ()) -> LobsterDays:
        """Only these dates (`YYYY-MM-DD`) and symbols; an empty sequence selects all.

        Raises:
            FeedError: there is no such day.
        """
        kept = tuple(
            message
            for message in self.messages
            if (not days or parse_name(message).date in days)
            and (not symbols or parse_name(message).symbol in symbols)
        )
        found = [parse_name(message) for message in kept]
        missing = [day for day in days if day not in {each.date for each in found}]
        missing += [symbol for symbol in symbols if symbol not in {each.symbol for each in found}]
        if missing:
            there = ", ".join(each.title for each in self.names()[:_SHOWN])
            raise NotInFeed(
                f"no LOBSTER day {missing[0]}; it has {there}",
                file=self.where,
                line=None,
                column=None,
                value=None,
            )
        return LobsterDays(self.where, kept, self._store)

    @contextmanager
    def open(self, message: str) -> Iterator[LobsterPair]:
        """Open the two files of a day.

        Raises:
            FeedError: a file cannot be opened.
        """
        try:
            with ExitStack() as stack:
                book = orderbook_name(message)
                messages, messages_name = _open(stack, self._store, message)
                orderbook, book_name = _open(stack, self._store, book)
                yield LobsterPair(
                    PurePosixPath(message).name,
                    messages,
                    messages_name,
                    orderbook,
                    book_name,
                    self._store.sources((message, book)),
                )
        except OSError as error:
            raise _error(f"cannot be read: {error.strerror or error}", self.where) from error

    def only(self) -> str:
        """The one message file.

        Raises:
            FeedError: there are more days.
        """
        if len(self.messages) != 1:
            found = ", ".join(self.messages[:_SHOWN])
            raise _error("not exactly one message file with its orderbook file", self.where, found)
        return self.messages[0]


@contextmanager
def open_lobster_days(path: Path) -> Iterator[LobsterDays]:
    """Open a folder, an archive, or a message file with its orderbook file in the same folder.

    Raises:
        FeedError: no day, half of a day, or a file cannot be opened.
    """
    try:
        with ExitStack() as stack:
            store = _store_at(stack, path)
            messages = _message_files(store.names(), str(path))
            ordered = sorted(
                messages, key=lambda each: (parse_name(each).date, parse_name(each).symbol, each)
            )
            yield LobsterDays(str(path), tuple(ordered), store)
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror or error}", str(path)) from error


@contextmanager
def open_lobster(path: Path) -> Iterator[LobsterPair]:
    """Open the files of the only day at a path.

    Raises:
        FeedError: not exactly one message file with its orderbook file, or a file cannot be opened.
    """
    with open_lobster_days(path) as days, days.open(days.only()) as pair:
        yield pair


def may_be_lobster(path: Path) -> bool:
    """Whether a file name may be that of a LOBSTER archive or message file."""
    return path.suffix.lower() in {".zip", ".7z"} or is_message_file(path.name)


class _Folder:
    """A folder, or one message file with its orderbook file in the same folder."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._folder = folder
        self._names = names
        self._hashed: dict[str, DataFile] = {}

    def names(self) -> list[str]:
        """The names of all files."""
        return self._names

    def open_member(self, stack: ExitStack, name: str) -> tuple[BinaryIO, str, int]:
        """Open and hash a file."""
        path = self._folder / name
        file = stack.enter_context(path.open("rb"))
        self._hashed[name] = hash_file(file, path.name)
        return file, str(path), self._hashed[name].size

    def sources(self, names: Sequence[str]) -> tuple[DataFile, ...]:
        """The files that were opened under these names."""
        return tuple(self._hashed[name] for name in names)


def _store_at(stack: ExitStack, path: Path) -> _Store:
    if path.is_dir():
        return _Folder(path, [entry.name for entry in path.iterdir() if entry.is_file()])
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return ZipArchive(stack, path)
    if suffix == ".7z":
        return SevenZipArchive(stack, path)
    if not is_message_file(path.name):
        raise _error("not a LOBSTER message file: the name does not contain `message`", str(path))
    sibling = path.with_name(orderbook_name(path.name))
    if not sibling.is_file():
        raise _error("the orderbook file of the message file is missing", str(path), sibling.name)
    path.stat()
    return _Folder(path.parent, [path.name, sibling.name])


def _open(stack: ExitStack, store: _Store, name: str) -> tuple[BinaryIO, str]:
    stream, place, size = store.open_member(stack, name)
    return (unpack_gzip(stream, size, place) if name.lower().endswith(".gz") else stream), place


def _message_files(names: list[str], where: str) -> list[str]:
    """The message files among the files of a folder or an archive.

    Raises:
        FeedError: none, a file twice, or one without its counterpart.
    """
    files = Counter(name for name in names if is_data_file(name))
    twice = [name for name, times in files.items() if times > 1]
    if twice:
        raise _error("contains a file more than once", where, twice[0])
    found = sorted(name for name in files if is_message_file(name))
    books = {orderbook_name(name) for name in found}
    halves = [name for name in found if orderbook_name(name) not in files]
    halves += sorted(name for name in files if not is_message_file(name) and name not in books)
    if not found or halves:
        raise _error(_what_lacks(halves), where)
    return found


def _what_lacks(halves: list[str]) -> str:
    """Why files are no days: the file that each of these needs, or that there is none."""
    if not halves:
        return (
            "no message file with its orderbook file; they are named"
            " SYMBOL_DATE_START_END_message_LEVELS.csv and ..._orderbook_LEVELS.csv"
        )
    lacking = ", ".join(f"{name} needs {counterpart_name(name)}" for name in halves[:_SHOWN])
    return f"a message file and its orderbook file belong together: {lacking}, which is not there"


def _error(reason: str, file: str, value: str | None = None) -> FeedError:
    return FeedError(reason, file=file, line=None, column=None, value=value)
