"""Archives of LOBSTER files, `.zip` and `.7z`: members opened by name, within limits of untrusted input."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from obengine.api.errors import FeedError
from obengine.feeds.files import MAX_RATIO, DataFile, hash_file, max_unpacked
from obengine.feeds.lobster_name import is_data_file

MAX_MEMBERS: Final = 1_000

_TAIL: Final = 22 + 65_535
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = b"PK\x06\x07"
_SEVEN_ZIP: Final = struct.Struct("<6s2BL2QL")
_SEVEN_ZIP_MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_MAX_HEADER: Final = 64 << 10


class ZipArchive:
    """A zip archive."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._path = str(path)
        file = stack.enter_context(path.open("rb"))
        self._source = hash_file(file, path.name)
        _check_zip_directory(file, self._source.size, self._path)
        try:
            self._archive = stack.enter_context(ZipFile(file))
            self._members = {member.filename: member for member in self._archive.infolist()}
        except (BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
            raise _error("not a readable zip archive", self._path, str(error)) from error

    def names(self) -> list[str]:
        """The names of all members."""
        return [member.filename for member in self._archive.infolist()]

    def open_member(self, stack: ExitStack, name: str) -> tuple[BinaryIO, str, int]:
        """Open a member."""
        member, place = self._members[name], f"{self._path}!{name}"
        self._check_member(member, place)
        try:
            stream = stack.enter_context(self._archive.open(member))
        except (BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
            raise _error("not a readable zip archive", self._path, str(error)) from error
        return stream, place, member.file_size  # type: ignore[return-value]

    def sources(self, names: Sequence[str]) -> tuple[DataFile, ...]:
        """The archive."""
        del names
        return (self._source,)

    def _check_member(self, member: ZipInfo, place: str) -> None:
        if member.flag_bits & 1:
            raise _error("the archive is encrypted", place)
        if member.file_size > max_unpacked(min(member.compress_size, self._source.size)):
            raise _error(f"unpacks to more than {MAX_RATIO} times its size", place)


class SevenZipArchive:
    """A 7z archive; its data files are unpacked once, into a temporary folder, when the first one is opened.

    A 7z archive is compressed as a whole, so its members cannot be read one by one.
    """

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._path = str(path)
        self._stack = stack
        self._folder: Path | None = None
        file = stack.enter_context(path.open("rb"))
        self._source = hash_file(file, path.name)
        _check_seven_zip_header(file, self._path)
        self._archive = _open_seven_zip(stack, file, self._path)
        try:
            self._members = [each for each in self._archive.list() if each.is_file]
            encrypted = self._archive.needs_password()
        except Exception as error:  # the library meets damaged headers with errors of many kinds
            raise _error("not a readable 7z archive", self._path, str(error)) from error
        if encrypted:
            raise _error("the archive is encrypted", self._path)
        if len(self._members) > MAX_MEMBERS:
            raise _error(f"the archive has more than {MAX_MEMBERS} members", self._path)

    def names(self) -> list[str]:
        """The names of all members."""
        return [str(member.filename) for member in self._members]

    def open_member(self, stack: ExitStack, name: str) -> tuple[BinaryIO, str, int]:
        """Open an unpacked member."""
        folder = self._folder or self._unpack()
        path = folder / name
        return stack.enter_context(path.open("rb")), f"{self._path}!{name}", path.stat().st_size

    def sources(self, names: Sequence[str]) -> tuple[DataFile, ...]:
        """The archive."""
        del names
        return (self._source,)

    def _unpack(self) -> Path:
        data = [member for member in self._members if is_data_file(str(member.filename))]
        outside = [member.filename for member in data if _leads_out(str(member.filename))]
        if outside:
            raise _error("a name in the archive leads out of it", self._path, str(outside[0]))
        if sum(member.uncompressed for member in data) > max_unpacked(self._source.size):
            raise _error(f"unpacks to more than {MAX_RATIO} times its size", self._path)
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="obengine-7z-")))
        try:
            self._archive.extract(path=folder, targets=[str(member.filename) for member in data])
        except OSError:
            raise
        except Exception as error:  # as above
            raise _error("the archive is damaged", self._path, str(error) or type(error).__name__) from error
        self._folder = folder
        return folder


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts


def _open_seven_zip(stack: ExitStack, file: BufferedReader, path: str) -> Any:
    try:
        py7zr = import_module("py7zr")
    except ImportError as error:
        reason = "a 7z archive needs py7zr: pip install py7zr, or unpack it first"
        raise _error(reason, path) from error
    try:
        return stack.enter_context(py7zr.SevenZipFile(file))
    except Exception as error:  # the library meets damaged headers with errors of many kinds
        raise _error("not a readable 7z archive", path, str(error) or type(error).__name__) from error


def _check_seven_zip_header(file: BufferedReader, path: str) -> None:
    """Limit the size of the directory before the library unpacks it.

    Source: the signature header in 7zFormat.txt of the LZMA SDK.
    """
    head = file.read(_SEVEN_ZIP.size)
    file.seek(0)
    if len(head) < _SEVEN_ZIP.size or not head.startswith(_SEVEN_ZIP_MAGIC):
        raise _error("not a 7z archive", path)
    directory = _SEVEN_ZIP.unpack(head)[5]
    if directory > _MAX_HEADER:
        raise _error(f"the directory of the archive is larger than {_MAX_HEADER >> 10} KiB", path)


def _check_zip_directory(file: BufferedReader, size: int, name: str) -> None:
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


def _error(reason: str, file: str, value: str | None = None) -> FeedError:
    return FeedError(reason, file=file, line=None, column=None, value=value)
