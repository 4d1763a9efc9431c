"""RFC 8785 canonical JSON, and a strict JSON reader that refuses ambiguous documents.

Both accept the same values: `canonical_bytes` can write whatever `parse_strict` returns, and
`parse_strict` reads back what `canonical_bytes` writes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import rfc8785

from obrelease.errors import InvalidInput
from obrelease.models.base import MAX_SAFE_INTEGER
from obrelease.storage.files import MAX_DOCUMENT_BYTES
from obrelease.storage.limits import Resource, charge, parsing

MAX_DEPTH: Final = 64
"""The deepest nesting that is read or written."""

MAX_BRACKETS: Final = 1_000_000
"""The most `[` and `{` in one document: a bound on memory before parsing."""

MAX_SEPARATORS: Final = 1_500_000
"""The most `,` and `:` in one document: a bound on the number of values, and so on time."""

_INTEGER_DIGITS: Final = len(str(MAX_SAFE_INTEGER))
_FIRST_EXPONENT_FORM: Final = 1e21
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER_OF_TWO_FORMS: Final = re.compile(rb"[:,\[]-?[0-9]++(?:\.0[,\]}]|(?:\.[0-9]*+)?[eE])")
"""Possessive, so that the search is linear: a run of digits is never given back."""
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value made of plain Python objects.

    Stricter than the RFC in one point: a float of 2**53 or more that ECMAScript would print in
    integer form (below 1e21) is refused, because it would be read back as an inexact integer.

    Raises:
        InvalidInput: NaN, infinity, a number beyond 2**53 - 1, a lone surrogate, a key that is not
            text, nesting beyond `MAX_DEPTH`, or a type that JSON does not have; names the path.
    """
    for place, reason in _find_errors(value):
        raise InvalidInput(f"canonical JSON: {place}: {reason}")
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InvalidInput(f"canonical JSON: {error}") from error


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether `data` are the RFC 8785 bytes of `value`, which `parse_strict` read from them.

    For ASCII text whose numbers have no exponent and no `.0`, the output of the standard library is
    compared, which is ten times faster. Everything else is compared with `canonical_bytes`.
    """
    if data.isascii() and not _NUMBER_OF_TWO_FORMS.search(data):
        plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if plain.encode("utf-8") == data:
            return True
    return canonical_bytes(value) == data


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
    if len(data) > limit:
        raise InvalidInput(f"{where}: larger than {limit} bytes")
    if data.startswith(b"\xef\xbb\xbf"):
        raise InvalidInput(f"{where}: starts with a byte order mark", hint="save it as UTF-8 without BOM")
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise InvalidInput(f"{where}: more than {MAX_BRACKETS} arrays and objects")
    separators = data.count(b",") + data.count(b":")
    if separators > MAX_SEPARATORS:
        raise InvalidInput(f"{where}: more than {MAX_SEPARATORS} commas and colons")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start}: not UTF-8") from error
    charge(Resource.VALUES, separators + 1, where)
    with parsing(len(data), where):
        return _parsed(text, where)


def _parsed(text: str, where: str) -> Any:
    reader = _Reader()
    try:
        value = reader.decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{where}: line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise InvalidInput(f"{where}: nested deeper than {MAX_DEPTH}") from error
    if reader.rejected or _SURROGATE_ESCAPE.search(text) or _deeper_than(value, MAX_DEPTH):
        for place, reason in _find_errors(value):
            raise InvalidInput(f"{where}: {place}: {reason}")
    return value


class _Rejected:
    """Marks a rejected part of a parsed value, so that the error can name its path."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


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

    def _reject(self, reason: str) -> _Rejected:
        self.rejected = True
        return _Rejected(reason)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return self._reject(f"duplicate key {_abbreviated(twice)}")

    def _integer(self, digits: str) -> Any:
        if len(digits) <= _INTEGER_DIGITS + 1 and abs(number := int(digits)) <= MAX_SAFE_INTEGER:
            return number
        return self._reject(f"integer {_abbreviated(digits)} is beyond 2^53-1; write it as text")

    def _float(self, digits: str) -> Any:
        number = float(digits)
        reason = _float_error(number)
        return number if reason is None else self._reject(f"{reason} (written {_abbreviated(digits)})")

    def _constant(self, name: str) -> Any:
        return self._reject(f"{name} is not JSON")


def _float_error(number: float) -> str | None:
    if not math.isfinite(number):
        return "number is not finite or beyond double range"
    if MAX_SAFE_INTEGER < abs(number) < _FIRST_EXPONENT_FORM:
        return "number is beyond 2^53-1; write it as text"
    return None


def _scalar_error(value: Any) -> str | None:
    match value:
        case None | bool():
            return None
        case int():
            return None if abs(value) <= MAX_SAFE_INTEGER else "integer is beyond 2^53-1; write it as text"
        case float():
            return _float_error(value)
        case str():
            return "lone surrogate in text" if _LONE_SURROGATE.search(value) else None
        case _Rejected():
            return value.reason
        case _:
            return f"{type(value).__name__} is not a JSON type"


def _find_errors(value: Any, place: str = "$", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Each part of a value that RFC 8785 cannot represent, as a path like `$.host.load[2]` and a reason."""
    if not isinstance(value, dict | list | tuple):
        if (reason := _scalar_error(value)) is not None:
            yield place, reason
    elif depth >= MAX_DEPTH:
        yield place, f"nested deeper than {MAX_DEPTH}"
    elif isinstance(value, dict):
        for key, item in value.items():
            if (reason := _key_error(key)) is not None:
                yield place, reason
            yield from _find_errors(item, place + _step(key), depth + 1)
    else:
        for index, item in enumerate(value):
            yield from _find_errors(item, f"{place}[{index}]", depth + 1)


def _key_error(key: Any) -> str | None:
    if not isinstance(key, str):
        return f"key {_abbreviated(key)} is not text"
    return f"lone surrogate in key {_abbreviated(key)}" if _LONE_SURROGATE.search(key) else None


def _step(key: Any) -> str:
    plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
    return f".{key}" if plain else f"[{_abbreviated(key)}]"


def _deeper_than(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [item for item in level if isinstance(item, dict | list)]
        if not level:
            return False
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return True


def _abbreviated(thing: object) -> str:
    text = ascii(thing)
    return text if len(text) <= 40 else f"{text[:37]}..."
