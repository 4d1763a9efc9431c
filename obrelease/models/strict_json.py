"""A strict JSON reader: refuses duplicate keys, inexact numbers and other ambiguous documents."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.artefact_format import MAX_SAFE_INTEGER
from obrelease.models.json_values import (
    MAX_DEPTH,
    RejectedPart,
    abbreviated,
    find_errors,
    float_error,
    require_readable,
)
from obrelease.storage.files import MAX_DOCUMENT_BYTES
from obrelease.storage.limits import Resource, charge, parsing

_INTEGER_DIGITS: Final = len(str(MAX_SAFE_INTEGER))
_MOST_PLAIN_BYTES: Final = 2**18
"""Of larger documents, parsing twice what is not canonical would cost more than it saves."""

_NUMBERS_ALIKE: Final = bytes.maketrans(b"123456789,[-", b"000000000:::")
_LONG_NUMBER: Final = b":" + b"0" * 16
"""What a number of 16 digits, perhaps beyond 2**53 - 1, looks like if all digits are alike."""

_TINY_NUMBER: Final = b".000000"
"""In numbers below 1e-6, which RFC 8785 writes with an exponent."""

_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse_strict(data: bytes, where: str, *, limit: int = MAX_DOCUMENT_BYTES) -> Any:
    """Read one JSON text and refuse everything that two readers could interpret differently.

    Args:
        data: UTF-8 bytes.
        where: the name of the document in errors, such as its path.
        limit: the largest size in bytes.

    Raises:
        InvalidInput: not UTF-8, a byte order mark, a syntax error, duplicate keys, NaN or Infinity,
            a number beyond double range or beyond 2**53 - 1, a lone surrogate, nesting beyond
            `MAX_DEPTH`, or a document too large; names the line and column, or the path.
    """
    _require_readable(data, where, limit)
    with parsing(len(data), where):
        return _parsed(data, where)


def parse_and_compare(data: bytes, where: str) -> tuple[Any, bool]:
    """As `parse_strict`, and True if the bytes are known to be the RFC 8785 bytes of the value.

    Most documents are small and ASCII, and their numbers have few digits and no exponent. If writing what a
    fast reader gives results in the same bytes, they have nothing that the strict reader refuses.
    """
    _require_readable(data, where, MAX_DOCUMENT_BYTES)
    with parsing(len(data), where):
        value = _plain_value(data) if len(data) <= _MOST_PLAIN_BYTES else None
        return (_parsed(data, where), False) if value is None else (value, True)


def _require_readable(data: bytes, where: str, limit: int) -> None:
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidInput(f"{where}: starts with a byte order mark", hint="save it as UTF-8 without BOM")
    charge(Resource.VALUES, require_readable(data, where, limit) + 1, where)


def _plain_value(data: bytes) -> Any:
    """The value of canonical bytes whose numbers are plain; None if they may be something else.

    The writer differs from RFC 8785 in keys beyond ASCII and in numbers that have an exponent there.
    """
    if not data.isascii() or _TINY_NUMBER in data or _LONG_NUMBER in b":" + data.translate(_NUMBERS_ALIKE):
        return None
    try:
        read, write = _fast_reader_and_writer()
        value = read(data)
        written = write(value)
    except (ValueError, RecursionError):
        return None
    return value if written.encode() == data and not _is_too_deep(value, written) else None


@cache
def _fast_reader_and_writer() -> tuple[Callable[[bytes], Any], Callable[[Any], str]]:
    """The writer sorts keys and writes no exponents. Both are loaded when the first document is read."""
    from jsonschema_rs.canonical.json import to_string
    from pydantic_core import from_json

    return from_json, to_string


@contextmanager
def _without_collections() -> Iterator[None]:
    """No garbage collection in the block: values of JSON have no cycles, and each full collection costs time
    in proportion to all objects of the process.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _parsed(data: bytes, where: str) -> Any:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start}: not UTF-8") from error
    reader = _Reader()
    try:
        with _without_collections():
            value = reader.decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{where}: line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise InvalidInput(f"{where}: nested deeper than {MAX_DEPTH}") from error
    if reader.rejected or _SURROGATE_ESCAPE.search(text) or _is_too_deep(value, text):
        for place, reason in find_errors(value):
            raise InvalidInput(f"{where}: {place}: {reason}")
    return value


class _Reader:
    """A JSON decoder whose hooks mark rejected parts, because an exception there would have no path."""

    def __init__(self) -> None:
        self.rejected = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def _reject(self, reason: str) -> RejectedPart:
        self.rejected = True
        return RejectedPart(reason)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return self._reject(f"duplicate key {abbreviated(twice)}")

    def _integer(self, digits: str) -> Any:
        if len(digits) <= _INTEGER_DIGITS + 1 and abs(number := int(digits)) <= MAX_SAFE_INTEGER:
            return number
        return self._reject(f"integer {abbreviated(digits)} is beyond 2^53-1; write it as text")

    def _float(self, digits: str) -> Any:
        number = float(digits)
        reason = float_error(number)
        return number if reason is None else self._reject(f"{reason} (written {abbreviated(digits)})")

    def _constant(self, name: str) -> Any:
        return self._reject(f"{name} is not JSON")


def _is_too_deep(value: Any, text: str) -> bool:
    """Fewer brackets than the limit cannot be nested deeper than it; most documents are decided so."""
    return text.count("{") + text.count("[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH)


def _deeper_than(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return True
