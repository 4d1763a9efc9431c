"""A foreign JSON document, read with suspicion: every value is asked for by place and type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from obrelease.errors import InvalidInput
from obrelease.models.canonical import parse_strict

_MOST: Final = 1e30
_NAMES: Final = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands, such as `run.json: $.benchmarks[3]`."""

    value: Any
    place: str

    def has(self, key: str) -> bool:
        """Whether this object has a value other than null under `key`; raises as `at` if it is none."""
        if not isinstance(self.value, dict):
            raise self.refusal("is not an object")
        return self.value.get(key) is not None

    def at(self, key: str) -> Node:
        """The value under `key`.

        Raises:
            InvalidInput: this is no object, or has no such key.
        """
        if not isinstance(self.value, dict):
            raise self.refusal("is not an object")
        if key not in self.value:
            raise self.refusal(f"has no {key!r}")
        return Node(self.value[key], f"{self.place}.{key}")

    def text(self) -> str:
        """This value as text, at most 4096 characters; raises `InvalidInput` if it is not."""
        return str(self._of(str))[:4096]

    def number(self) -> float:
        """This value as a number from 0 to 1e30, finite in any unit; raises `InvalidInput` if it is not."""
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not is_number or not 0 <= self.value <= _MOST:
            raise self.refusal(f"is not a number from 0 to {_MOST:g}")
        return float(self.value)

    def flag(self) -> bool:
        """This value as a truth; raises `InvalidInput` if it is not."""
        return bool(self._of(bool))

    def items(self) -> Iterator[Node]:
        """The elements of this list; raises `InvalidInput` if it is not one."""
        for index, item in enumerate(self._of(list)):
            yield Node(item, f"{self.place}[{index}]")

    def refusal(self, reason: str) -> InvalidInput:
        """The error that this value earns."""
        return InvalidInput(f"{self.place}: {reason}")

    def text_or(self, key: str, other: str) -> str:
        """The text under `key`, or `other` where there is none."""
        return self.at(key).text() if self.has(key) else other

    def _of(self, kind: type) -> Any:
        if not isinstance(self.value, kind):
            raise self.refusal(f"is not {_NAMES[kind]}")
        return self.value


def read_json(data: bytes, name: str) -> Node:
    """The document as a node; raises `InvalidInput` as `parse_strict` does."""
    return Node(parse_strict(data, name), f"{name}: $")
