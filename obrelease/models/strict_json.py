"""A strict JSON reader: refuses duplicate keys, inexact numbers and other ambiguous documents."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.base import MAX_SAFE_INTEGER
from obrelease.models.canonical_json import has_plain_numbers, standard_text
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

_LONG_NUMBER: Final = re.compile(rb"[:,\[]-?[0-9]{16}|^-?[0-9]{16}")
"""Perhaps beyond 2**53 - 1; also some text in quotes."""

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
    text = _text(data, where, limit)
    with parsing(len(data), where), _without_collections():
        return _parsed(text, where)


def parse_and_compare(data: bytes, where: str) -> tuple[Any, bool]:
    """As `parse_strict`, and True if the bytes are known to be the RFC 8785 bytes of the value.

    Most documents are small and ASCII, and their numbers have few digits and one form. If writing what the
    plain reader gives results in the same text, the text has nothing that the strict reader refuses.
    """
    text = _text(data, where, MAX_DOCUMENT_BYTES)
    with parsing(len(data), where), _without_collections():
        value = _plain_value(data, text) if len(data) <= _MOST_PLAIN_BYTES else None
        return (_parsed(text, where), False) if value is None else (value, True)


def _text(data: bytes, where: str, limit: int) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidInput(f"{where}: starts with a byte order mark", hint="save it as UTF-8 without BOM")
    separators = require_readable(data, where, limit)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start}: not UTF-8") from error
    charge(Resource.VALUES, separators + 1, where)
    return text


def _plain_value(data: bytes, text: str) -> Any:
    """The value of a canonical text whose numbers are plain; None if it may be something else."""
    if not has_plain_numbers(data) or _LONG_NUMBER.search(data):
        return None
    try:
        value = json.loads(text)
        is_same = standard_text(value) == text
    except (ValueError, RecursionError):
        return None
    return value if is_same and not _is_too_deep(value, text) else None


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


def _parsed(text: str, where: str) -> Any:
    reader = _Reader()
    try:
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
