"""The JSON values that are written and read: their numbers, texts, keys and depth.

`canonical_json` and `strict_json` accept the same values: each reads back, or writes, what the other gives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.artefact_format import MAX_SAFE_INTEGER

MAX_DEPTH: Final = 64
"""The deepest nesting that is read or written."""

MAX_BRACKETS: Final = 1_000_000
"""The maximum number of `[` and `{` in one document: a bound on memory before parsing."""

MAX_SEPARATORS: Final = 1_500_000
"""The maximum number of `,` and `:` in one document: a bound on the number of values, and so on time."""

_NUMBERS: Final = frozenset({float, int})
_FIRST_EXPONENT_FORM: Final = 1e21
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def require_readable(data: bytes, where: str, limit: int, *, hint: str | None = None) -> int:
    """Refuse a document that is too large to be parsed; returns the number of its commas and colons.

    Raises:
        InvalidInput: it has more than `limit` bytes, `MAX_BRACKETS` or `MAX_SEPARATORS`.
    """
    if len(data) > limit:
        raise InvalidInput(f"{where}: larger than {limit} bytes", hint=hint)
    if len(data) > MAX_BRACKETS and data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise InvalidInput(f"{where}: more than {MAX_BRACKETS} arrays and objects", hint=hint)
    separators = data.count(b",") + data.count(b":")
    if separators > MAX_SEPARATORS:
        raise InvalidInput(f"{where}: more than {MAX_SEPARATORS} commas and colons", hint=hint)
    return separators


class RejectedPart:
    """Marks a rejected part of a parsed value, so that the error can name its path."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


def find_errors(value: Any, place: str = "$", depth: int = 0) -> Iterator[tuple[str, str]]:
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
            yield from find_errors(item, place + _step(key), depth + 1)
    else:
        for index, item in enumerate(value):
            if type(item) not in _NUMBERS or not -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:
                yield from find_errors(item, f"{place}[{index}]", depth + 1)


def float_error(number: float) -> str | None:
    """Why a number cannot be written; None if it can."""
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
            return float_error(value)
        case str():
            return "lone surrogate in text" if _LONE_SURROGATE.search(value) else None
        case RejectedPart():
            return value.reason
        case _:
            return f"{type(value).__name__} is not a JSON type"


def _key_error(key: Any) -> str | None:
    if not isinstance(key, str):
        return f"key {abbreviated(key)} is not text"
    return f"lone surrogate in key {abbreviated(key)}" if _LONE_SURROGATE.search(key) else None


def _step(key: Any) -> str:
    plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
    return f".{key}" if plain else f"[{abbreviated(key)}]"


def abbreviated(thing: object) -> str:
    """The ASCII form of a value for a message, at most 40 characters."""
    text = ascii(thing)
    return text if len(text) <= 40 else f"{text[:37]}..."
