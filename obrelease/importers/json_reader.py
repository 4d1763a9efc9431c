"""Checked reading of JSON documents of other tools: every value by its place and type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.strict_json import parse_strict

_MAX_NUMBER: Final = 1e30
_TYPE_NAMES: Final = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place, such as `run.json: $.benchmarks[3]`."""

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

    def text(self) -> str:
        """This value as text, at most 4096 characters; raises `InvalidInput` if it is not."""
        return str(self._typed(str))[:4096]

    def number(self) -> float:
        """This value as a number from 0 to 1e30, finite in any unit; raises `InvalidInput` if it is not."""
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not is_number or not 0 <= self.value <= _MAX_NUMBER:
            raise self.error(f"is not a number from 0 to {_MAX_NUMBER:g}")
        return float(self.value)

    def flag(self) -> bool:
        """This value as a boolean; raises `InvalidInput` if it is not."""
        return bool(self._typed(bool))

    def items(self) -> Iterator[Node]:
        """The elements of this list; raises `InvalidInput` if it is not one."""
        for index, item in enumerate(self._typed(list)):
            yield Node(item, f"{self.place}[{index}]")

    def error(self, reason: str) -> InvalidInput:
        """An error about this value."""
        return InvalidInput(f"{self.place}: {reason}")

    def text_or(self, key: str, default: str) -> str:
        """The text under `key`, or `default` if there is none."""
        return self.member(key).text() if self.has(key) else default

    def _typed(self, expected: type) -> Any:
        if not isinstance(self.value, expected):
            raise self.error(f"is not {_TYPE_NAMES[expected]}")
        return self.value


def read_json(data: bytes, name: str) -> Node:
    """The document as a node; raises `InvalidInput` as `parse_strict` does."""
    return Node(parse_strict(data, name), f"{name}: $")
