"""Exact bytes: RFC 8785 canonical JSON, sha256, and a JSON reader that refuses what is ambiguous.

The only hashing door of the package. Both directions agree on one set of values: whatever
`parse_strict` returns, `canonical_bytes` can write, and what it writes, `parse_strict` reads back.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import rfc8785

from obrelease.errors import InvalidInput, NotFound, StorageError
from obrelease.models.base import MAX_SAFE_INTEGER

MAX_DOCUMENT_BYTES: Final = 16 * 2**20
"""The largest document that is read; an envelope is some kilobytes."""

MAX_DEPTH: Final = 64
"""The deepest nesting that is read or written."""

MAX_BRACKETS: Final = 1_000_000
"""The most `[` and `{` in one document: a bound on memory before anything is built."""

MAX_SEPARATORS: Final = 1_500_000
"""The most `,` and `:` in one document: a bound on its values, and so on the time that they take."""

_CHUNK_BYTES: Final = 2**20
_INTEGER_DIGITS: Final = len(str(MAX_SAFE_INTEGER))
_FIRST_EXPONENT_FORM: Final = 1e21
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER_OF_TWO_FORMS: Final = re.compile(rb"[:,\[]-?[0-9]+(\.0[,\]}]|\.?[0-9]*[eE])")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value made of plain Python objects.

    Stricter than the RFC in one point: a float of 2**53 or more that ECMAScript would print in
    integer form (below 1e21) is refused, because it would be read back as an inexact integer.

    Raises:
        InvalidInput: NaN, infinity, a number beyond 2**53 - 1, a lone surrogate, a key that is not
            text, nesting beyond `MAX_DEPTH`, or a type that JSON does not have; names the place.
    """
    for place, reason in _faults(value):
        raise InvalidInput(f"canonical JSON: {place}: {reason}")
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InvalidInput(f"canonical JSON: {error}") from error


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether `data` are the RFC 8785 bytes of `value`, which `parse_strict` read from them.

    Text in ASCII whose numbers have neither an exponent nor a fraction of zero is canonical if the
    standard library, ten times faster, writes it alike; anything else goes the long way.
    """
    if data.isascii() and not _NUMBER_OF_TWO_FORMS.search(data):
        plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if plain.encode("utf-8") == data:
            return True
    return canonical_bytes(value) == data


def digest_bytes(data: bytes) -> str:
    """The sha256 of `data` in lower-case hex, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


class Hasher:
    """A sha256 fed piece by piece, where one pass over the bytes feeds several digests."""

    __slots__ = ("_digest", "size")

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._digest.update(data)
        self.size += len(data)

    def hexdigest(self) -> str:
        """The sha256 so far, in lower-case hex."""
        return self._digest.hexdigest()


def digest_stream(source: BinaryIO, sink: Callable[[memoryview], object] | None = None) -> tuple[str, int]:
    """Read `source` to its end and return its sha256 and size; each chunk is also handed to `sink`.

    The sink gets exactly the bytes that were hashed, so a copy made this way has this digest.
    """
    hasher = Hasher()
    while chunk := source.read(_CHUNK_BYTES):
        hasher.update(chunk)
        if sink is not None:
            sink(memoryview(chunk))
    return hasher.hexdigest(), hasher.size


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading without following a last symlink and without waiting on a pipe.

    Raises:
        NotFound: nothing is there.
        InvalidInput: it is a symlink, a folder, a pipe, a socket or a device.
        StorageError: the disk refused.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if stat.S_ISLNK(path.lstat().st_mode):
            raise InvalidInput(f"{path}: is a symbolic link, not a regular file")
        descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot be opened: {_reason(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{path}: is not a regular file")
    return os.fdopen(descriptor, "rb")


def digest_file(path: Path) -> tuple[str, int]:
    """The sha256 and the size in bytes of a regular file, streamed in chunks of 1 MiB.

    Raises:
        NotFound, InvalidInput, StorageError: as `open_regular`, or the disk failed while reading.
    """
    with open_regular(path) as source:
        try:
            size = os.fstat(source.fileno()).st_size
            if size < _CHUNK_BYTES and len(data := source.read(size + 1)) == size:
                return digest_bytes(data), size
            source.seek(0)
            return digest_stream(source)
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {_reason(error)}") from error


def read_bounded(path: Path, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises:
        NotFound, InvalidInput, StorageError: as `digest_file`, or the file is larger than `limit`.
    """
    with open_regular(path) as source:
        try:
            data = source.read(min(limit, os.fstat(source.fileno()).st_size) + 1)
        except OSError as error:
            raise StorageError(f"{path}: cannot be read: {_reason(error)}") from error
    if len(data) > limit:
        raise InvalidInput(f"{path}: larger than {limit} bytes")
    return data


def parse_strict(data: bytes, where: str, *, limit: int = MAX_DOCUMENT_BYTES) -> Any:
    """Read one JSON text, refusing everything that two readers could understand differently.

    Args:
        data: UTF-8 bytes.
        where: the name of the document in errors, such as its path.
        limit: the largest size in bytes.

    Raises:
        InvalidInput: not UTF-8, a byte order mark, a syntax error, duplicate keys, NaN or Infinity,
            a number beyond double range or beyond 2**53 - 1, a lone surrogate, nesting beyond
            `MAX_DEPTH`, or a document too large; names the place as line and column or as a path.
    """
    if len(data) > limit:
        raise InvalidInput(f"{where}: larger than {limit} bytes")
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidInput(f"{where}: starts with a byte order mark", hint="save it as UTF-8 without BOM")
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise InvalidInput(f"{where}: more than {MAX_BRACKETS} arrays and objects")
    if data.count(b",") + data.count(b":") > MAX_SEPARATORS:
        raise InvalidInput(f"{where}: more than {MAX_SEPARATORS} commas and colons")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start}: not UTF-8") from error
    reader = _Reader()
    try:
        value = reader.decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{where}: line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise InvalidInput(f"{where}: nested deeper than {MAX_DEPTH}") from error
    if reader.refused or _SURROGATE_ESCAPE.search(text) or _deeper_than(value, MAX_DEPTH):
        for place, reason in _faults(value):
            raise InvalidInput(f"{where}: {place}: {reason}")
    return value


class _Refused:
    """Stands in a parsed value where the text was refused, so that its place can be told."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Reader:
    """A JSON decoder whose hooks mark refused places instead of raising without a place."""

    def __init__(self) -> None:
        self.refused = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def _refuse(self, reason: str) -> _Refused:
        self.refused = True
        return _Refused(reason)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return self._refuse(f"duplicate key {_short(twice)}")

    def _integer(self, digits: str) -> Any:
        if len(digits) <= _INTEGER_DIGITS + 1 and abs(number := int(digits)) <= MAX_SAFE_INTEGER:
            return number
        return self._refuse(f"integer {_short(digits)} lies beyond 2^53-1; write it as text")

    def _float(self, digits: str) -> Any:
        number = float(digits)
        reason = _float_fault(number)
        return number if reason is None else self._refuse(f"{reason} (written {_short(digits)})")

    def _constant(self, name: str) -> Any:
        return self._refuse(f"{name} is not JSON")


def _float_fault(number: float) -> str | None:
    if not math.isfinite(number):
        return "number is not finite or beyond double range"
    if MAX_SAFE_INTEGER < abs(number) < _FIRST_EXPONENT_FORM:
        return "number lies beyond 2^53-1; write it as text"
    return None


def _scalar_fault(value: Any) -> str | None:
    match value:
        case None | bool():
            return None
        case int():
            return None if abs(value) <= MAX_SAFE_INTEGER else "integer lies beyond 2^53-1; write it as text"
        case float():
            return _float_fault(value)
        case str():
            return "lone surrogate in text" if _LONE_SURROGATE.search(value) else None
        case _Refused():
            return value.reason
        case _:
            return f"{type(value).__name__} is not a JSON type"


def _faults(value: Any, place: str = "$", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Each place in a value that RFC 8785 cannot carry, as a path like `$.host.load[2]`, in order."""
    if not isinstance(value, dict | list | tuple):
        if (reason := _scalar_fault(value)) is not None:
            yield place, reason
    elif depth >= MAX_DEPTH:
        yield place, f"nested deeper than {MAX_DEPTH}"
    elif isinstance(value, dict):
        for key, item in value.items():
            if (reason := _key_fault(key)) is not None:
                yield place, reason
            yield from _faults(item, place + _step(key), depth + 1)
    else:
        for index, item in enumerate(value):
            yield from _faults(item, f"{place}[{index}]", depth + 1)


def _key_fault(key: Any) -> str | None:
    if not isinstance(key, str):
        return f"key {_short(key)} is not text"
    return f"lone surrogate in key {_short(key)}" if _LONE_SURROGATE.search(key) else None


def _step(key: Any) -> str:
    plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
    return f".{key}" if plain else f"[{_short(key)}]"


def _deeper_than(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return True


def _short(thing: object) -> str:
    text = ascii(thing)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
