"""The data files behind a feed: found by name, opened once, hashed, and safe to read as a stream."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from obengine.errors import FeedError

MAX_MEMBERS: Final = 1_000
MAX_RATIO: Final = 100
"""Members that unpack to more than this many times their packed size are refused."""

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
    """A message stream with its orderbook stream; `sources` are the files they come from."""

    messages: BinaryIO
    messages_name: str
    orderbook: BinaryIO
    orderbook_name: str
    sources: tuple[DataFile, ...]


@contextmanager
def open_lobster(path: Path) -> Iterator[LobsterPair]:
    """Open a zip, a folder, or a message file with its orderbook beside it.

    Raises:
        FeedError: there is not exactly one message file with its orderbook, or it cannot be opened.
    """
    try:
        with ExitStack() as stack:
            if path.is_dir():
                names = [entry.name for entry in path.iterdir() if entry.is_file()]
                message = _only_message(names, path.name)
                yield _plain(stack, path / message)
            elif path.suffix.lower() == ".zip":
                yield _zipped(stack, path)
            else:
                yield _plain(stack, path)
    except OSError as error:
        raise _refused(f"cannot be read: {error.strerror or error}", path.name) from error


def _plain(stack: ExitStack, path: Path) -> LobsterPair:
    sibling = path.with_name(_orderbook_name(path.name))
    if not sibling.is_file():
        raise _refused("the orderbook file that belongs to the message file is not there", sibling.name)
    messages, orderbook = (stack.enter_context(each.open("rb")) for each in (path, sibling))
    sources = (_hashed(messages, path.name), _hashed(orderbook, sibling.name))
    return LobsterPair(messages, path.name, orderbook, sibling.name, sources)


def _zipped(stack: ExitStack, path: Path) -> LobsterPair:
    file = stack.enter_context(path.open("rb"))
    source = _hashed(file, path.name)
    _check_directory(file, source.size, path.name)
    try:
        archive = stack.enter_context(ZipFile(file))
        members = {PurePosixPath(member.filename).name: member for member in archive.infolist()}
        message = _only_message(list(members), path.name)
        orderbook = _orderbook_name(message)
        streams = [_member(stack, archive, members[name], source) for name in (message, orderbook)]
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused("not a zip archive that can be read", f"{path.name}: {error}") from error
    return LobsterPair(streams[0], message, streams[1], orderbook, (source,))


def _check_directory(file: BufferedReader, size: int, name: str) -> None:
    """Refuse too many members before the zip library reads the list of them."""
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _refused("not a zip archive: it has no end record", name)
    members, directory = _END.unpack_from(tail, at)[4:6]
    if _END_64 in tail[max(0, at - 20) : at] or members > MAX_MEMBERS or directory > MAX_MEMBERS * 1024:
        raise _refused(f"an archive of more than {MAX_MEMBERS} members or 4 GiB", name)


def _member(stack: ExitStack, archive: ZipFile, member: ZipInfo, source: DataFile) -> BinaryIO:
    place = f"{source.name}: {member.filename}"
    if member.flag_bits & 1:
        raise _refused("the archive is encrypted", place)
    packed = min(member.compress_size, source.size)
    if member.file_size > max(_SMALL, MAX_RATIO * packed):
        raise _refused(f"unpacks to more than {MAX_RATIO} times its size", place)
    return stack.enter_context(archive.open(member))  # type: ignore[return-value]


def _only_message(names: list[str], where: str) -> str:
    present = set(names)
    found = sorted(
        name
        for name in names
        if _MESSAGE in name and name.lower().endswith(".csv") and _orderbook_name(name) in present
    )
    if len(found) != 1:
        held = ", ".join(found[:5]) or "none"
        raise _refused(f"not exactly one message file with its orderbook file, but {held}", where)
    return found[0]


def _orderbook_name(message: str) -> str:
    """The name of the orderbook file that goes with a message file.

    Raises:
        FeedError: the name is not that of a message file.
    """
    head, found, tail = message.rpartition(_MESSAGE)
    if not found:
        raise _refused("not a LOBSTER message file: its name lacks the word `message`", message)
    return f"{head}{_ORDERBOOK}{tail}"


def _hashed(file: BufferedReader, name: str) -> DataFile:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return DataFile(name, size, digest)


def _refused(reason: str, value: str) -> FeedError:
    return FeedError(reason, file=value.partition(":")[0], line=1, column=None, value=value)
