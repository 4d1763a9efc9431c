"""Checked reading of JSON documents of other tools: every value by its place and type."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.importers.json_repair import NOT_FINITE
from obrelease.models.artefact import Scalar
from obrelease.models.base import MAX_SAFE_INTEGER
from obrelease.models.strict_json import parse_strict

MAX_NUMBER: Final = 1e30
"""The largest measured value; finite in any unit."""

_MAX_SCALAR_TEXT: Final = 4_096
_TYPE_NAMES: Final = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place, such as `run.json: $.benchmarks[3]`.

    A long list of numbers is an `array` of doubles; `numbers` and `items` read it as any other list.
    """

    value: Any
    place: str

    def has(self, key: str) -> bool:
        """Whether this object has a value other than null under `key`; raises as `member`."""
        if not isinstance(self.value, dict):
            raise self.error("is not an object")
        return self.value.get(key) is not None

    def member(self, key: str) -> Node:
        """The value under `key`.

        Raises:
            InvalidInput: this is no object, or has no such key.
        """
        if not isinstance(self.value, dict):
            raise self.error("is not an object")
        if key not in self.value:
            raise self.error(f"has no {key!r}")
        return Node(self.value[key], f"{self.place}.{key}")

    def optional(self, key: str) -> Node | None:
        """The value under `key`; None if this is no object, or there is none, or it is null."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return None if value is None else Node(value, f"{self.place}.{key}")

    def object_or_empty(self, key: str) -> Node:
        """The object under `key`; an empty one if it is missing or something else."""
        found = self.optional(key)
        return found if found and isinstance(found.value, dict) else Node({}, f"{self.place}.{key}")

    def members(self) -> Iterator[tuple[str, Node]]:
        """The keys and values of this object, in order; raises `InvalidInput` if it is not one."""
        for key, value in self._typed(dict).items():
            yield key, Node(value, f"{self.place}.{key}")

    def text(self) -> str:
        """This value as text of any length; raises `InvalidInput` if it is not."""
        return str(self._typed(str))

    def number(self) -> float:
        """This value as a number from 0 to 1e30; raises `InvalidInput` if it is not."""
        number = as_number(self.value)
        if number is None or not 0 <= number <= MAX_NUMBER:
            raise self.error(f"is not a number from 0 to {MAX_NUMBER:g}")
        return number

    def finite(self) -> float | None:
        """This value as any finite number up to 1e30 in size; None if it is none."""
        number = as_number(self.value)
        return number if number is not None and abs(number) <= MAX_NUMBER else None

    def flag(self) -> bool:
        """This value as a boolean; raises `InvalidInput` if it is not."""
        return bool(self._typed(bool))

    def items(self) -> Iterator[Node]:
        """The elements of this list; raises `InvalidInput` if it is not one."""
        values = self.value if isinstance(self.value, array) else self._typed(list)
        for index, item in enumerate(values):
            yield Node(item, f"{self.place}[{index}]")

    def numbers(self) -> Sequence[float]:
        """The elements of this list as numbers from 0 to 1e30; a long list is an array of doubles.

        Raises:
            InvalidInput: it is no list, or an element is no such number; names the element.
        """
        if isinstance(self.value, array) and min(self.value) >= 0 and max(self.value) <= MAX_NUMBER:
            return self.value
        return [item.number() for item in self.items()]

    def error(self, reason: str) -> InvalidInput:
        """An error about this value."""
        return InvalidInput(f"{self.place}: {reason}")

    def text_or(self, key: str, default: str) -> str:
        """The text under `key`, or `default` if there is none; raises `InvalidInput` for another type."""
        return self.member(key).text() if self.has(key) else default

    def optional_text(self, key: str) -> str | None:
        """The text under `key`; None if it is missing, empty or not a text."""
        found = self.optional(key)
        return found.value if found and isinstance(found.value, str) and found.value else None

    def optional_number(self, key: str) -> float | None:
        """The finite number under `key`; None if it is missing or not one."""
        found = self.optional(key)
        return found.finite() if found else None

    def _typed(self, expected: type) -> Any:
        if not isinstance(self.value, expected):
            raise self.error(f"is not {_TYPE_NAMES[expected]}")
        return self.value


def as_number(value: Any) -> float | None:
    """A JSON number as a double; None for anything else, and for a number that is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def is_not_finite(value: Any) -> bool:
    """Whether a value stands for NaN or an infinite number."""
    return (
        value in NOT_FINITE
        if isinstance(value, str)
        else isinstance(value, float) and not math.isfinite(value)
    )


def flat_scalars(value: Any, *, depth: int = 4) -> dict[str, Scalar]:
    """The scalars of a nested value by their dotted paths; what an artefact does not hold is left out.

    Integers beyond 2**53 and numbers that are not finite become text, lists of scalars become one text.
    """
    return dict(_flat(value, "", depth))


def _flat(value: Any, path: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, Mapping):
        for key, inner in value.items() if depth else ():
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth - 1)
    elif isinstance(value, list | array):
        texts = [scalar_of(item) for item in value[:_MAX_SCALAR_TEXT]]
        if texts and all(text is not None for text in texts):
            yield path, ", ".join(map(str, texts))[:_MAX_SCALAR_TEXT]
    elif (scalar := scalar_of(value)) is not None:
        yield path, scalar


def scalar_of(value: Any) -> Scalar | None:
    """A JSON scalar as an artefact holds it; None for null, lists and objects."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value[:_MAX_SCALAR_TEXT] if isinstance(value, str) else None


def read_json(data: bytes, name: str) -> Node:
    """The document as a node; raises `InvalidInput` as `parse_strict` does."""
    return Node(parse_strict(data, name), f"{name}: $")
