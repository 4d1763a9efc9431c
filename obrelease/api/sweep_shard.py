"""One part of a sweep, as a CI matrix divides it: `3/8` is the third of eight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from obrelease.errors import UsageError

T = TypeVar("T")

_SHARD: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, counted from 1."""

    number: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, items: Sequence[T]) -> tuple[T, ...]:
        """Every `count`-th item, so that each part has cells of every repeat."""
        return tuple(items[self.number - 1 :: self.count])


WHOLE: Final = Shard()


def parse_shard(text: str | None) -> Shard:
    """Read `NUMBER/COUNT`; None is the whole.

    Raises:
        UsageError: malformed, or the number is not from 1 to the count.
    """
    if text is None:
        return WHOLE
    found = _SHARD.fullmatch(text)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        raise UsageError(f"the shard is {text!r:.40}", hint="write NUMBER/COUNT from 1/1 on, such as 3/8")
    return Shard(number, count)
