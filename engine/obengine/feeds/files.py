"""Data files of a feed: found by name, opened once, hashed, and read as limited streams."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from obengine.api.errors import FeedError

MAX_MEMBERS: Final = 1_000
MAX_RATIO: Final = 100
"""The maximum ratio of unpacked to packed size."""

_BLOCK: Final = 1 << 20
_SMALL: Final = 16 << 20
_TAIL: Final = 22 + 65_535
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = b"PK\x06\x07"
_MESSAGE, _ORDERBOOK = "message", "orderbook"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was read: its base name, size in bytes and sha256."""

    name: str
    size: int
    sha256: str


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


@contextmanager
def open_lobster(path: Path) -> Iterator[LobsterPair]:
    """Open a zip archive, a folder, or a message file with its orderbook file in the same folder.

    Raises:
        FeedError: not exactly one message file with its orderbook file, or a file cannot be opened.
    """
    try:
        with ExitStack() as stack:
            if path.is_dir():
                names = [entry.name for entry in path.iterdir() if entry.is_file()]
                message = _only_message(names, str(path))
                yield _open_pair(stack, path / message)
            elif path.suffix.lower() == ".zip":
                yield _open_archive(stack, path)
            else:
                yield _open_pair(stack, path)
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror or error}", str(path)) from error


def read_block(stream: BinaryIO, name: str, line: int | None) -> bytes:
    """Read at most one mebibyte.

    Raises:
        FeedError: a read error, or a damaged archive member.
    """
    try:
        return stream.read(_BLOCK)
    except (zlib.error, EOFError, BadZipFile) as error:
        reason = "CRC error: the archive is damaged" if "CRC" in str(error) else "the archive is damaged"
        raise FeedError(reason, file=name, line=line, column=None, value=str(error) or None) from error
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise FeedError(reason, file=name, line=line, column=None, value=None) from error


def may_be_lobster(path: Path) -> bool:
    """Whether a file name may be that of a LOBSTER archive or message file."""
    return path.suffix.lower() == ".zip" or _MESSAGE in path.name


def _open_pair(stack: ExitStack, path: Path) -> LobsterPair:
    if _MESSAGE not in path.name:
        raise _error("not a LOBSTER message file: the name does not contain `message`", str(path))
    sibling = path.with_name(_orderbook_name(path.name))
    if not sibling.is_file():
        raise _error("the orderbook file of the message file is missing", str(path), sibling.name)
    messages, orderbook = (stack.enter_context(each.open("rb")) for each in (path, sibling))
    sources = (_hashed(messages, path.name), _hashed(orderbook, sibling.name))
    return LobsterPair(path.name, messages, str(path), orderbook, str(sibling), sources)


def _open_archive(stack: ExitStack, path: Path) -> LobsterPair:
    file = stack.enter_context(path.open("rb"))
    source = _hashed(file, path.name)
    _check_directory(file, source.size, str(path))
    try:
        archive = stack.enter_context(ZipFile(file))
        members = {member.filename: member for member in archive.infolist()}
        message = _only_message([member.filename for member in archive.infolist()], str(path))
        names = message, _orderbook_name(message)
        places = [f"{path}!{name}" for name in names]
        streams = [
            _member(stack, archive, members[name], source.size, place)
            for name, place in zip(names, places, strict=True)
        ]
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise _error("not a readable zip archive", str(path), str(error)) from error
    base = PurePosixPath(message).name
    return LobsterPair(base, streams[0], places[0], streams[1], places[1], (source,))


def _check_directory(file: BufferedReader, size: int, name: str) -> None:
    """Limit the number of members before the zip library reads the directory."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _error("not a zip archive: no end record", name)
    members, directory = _END.unpack_from(tail, at)[4:6]
    if _END_64 in tail[max(0, at - 20) : at] or members > MAX_MEMBERS or directory > MAX_MEMBERS * 1024:
        raise _error(f"the archive has more than {MAX_MEMBERS} members or 4 GiB", name)


def _member(stack: ExitStack, archive: ZipFile, member: ZipInfo, size: int, place: str) -> BinaryIO:
    if member.flag_bits & 1:
        raise _error("the archive is encrypted", place)
    packed = min(member.compress_size, size)
    if member.file_size > max(_SMALL, MAX_RATIO * packed):
        raise _error(f"unpacks to more than {MAX_RATIO} times its size", place)
    return stack.enter_context(archive.open(member))  # type: ignore[return-value]


def _only_message(names: list[str], where: str) -> str:
    """The one message file among the files of a folder or an archive.

    Raises:
        FeedError: no message file, more than one, or a file without its counterpart.
    """
    files = Counter(name for name in names if _is_data(name))
    twice = [name for name, times in files.items() if times > 1]
    if twice:
        raise _error("contains a file more than once", where, twice[0])
    found = sorted(name for name in files if _MESSAGE in PurePosixPath(name).name)
    books = {_orderbook_name(name) for name in found}
    halves = [name for name in found if _orderbook_name(name) not in files]
    halves += sorted(name for name in files if _ORDERBOOK in PurePosixPath(name).name and name not in books)
    if len(found) != 1 or halves:
        reason = "not exactly one message file with its orderbook file"
        if halves:
            reason += f": {', '.join(halves[:5])} without the matching file"
        raise _error(reason, where, ", ".join(found[:5]) or "none")
    return found[0]


def _is_data(name: str) -> bool:
    """Whether a name is that of a message or orderbook file; hidden files are ignored."""
    base = PurePosixPath(name).name
    return (
        (_MESSAGE in base or _ORDERBOOK in base)
        and base.lower().endswith(".csv")
        and not base.startswith(".")
    )


def _orderbook_name(message: str) -> str:
    """The name of the orderbook file of a message file."""
    folder, slash, base = message.rpartition("/")
    head, _, tail = base.rpartition(_MESSAGE)
    return f"{folder}{slash}{head}{_ORDERBOOK}{tail}"


def _hashed(file: BufferedReader, name: str) -> DataFile:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return DataFile(name, size, digest)


def _error(reason: str, file: str, value: str | None = None) -> FeedError:
    return FeedError(reason, file=file, line=None, column=None, value=value)
