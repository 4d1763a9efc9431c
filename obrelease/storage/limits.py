"""Limits on what one command accepts from outside: bytes, members, values and seconds, each in sum.

Every reader of untrusted data charges what it takes to the budget of the command. Limits of one document
(size, nesting, numbers) are constants of its reader; with those and the sums here, memory is bounded as well.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from obrelease.errors import InvalidInput, UsageError

_SIZE: Final = re.compile(r"([0-9]{1,12})(?:([KMGT])(?:i?B)?)?", re.IGNORECASE)
_FACTORS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class Resource(StrEnum):
    """What is limited; the values are the fields of `Limits`."""

    DOWNLOADED = "downloaded_bytes"
    UNPACKED = "unpacked_bytes"
    PARSED = "parsed_bytes"
    MEMBERS = "members"
    VALUES = "values"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one command accepts, in sum over all of its inputs.

    Attributes:
        downloaded_bytes: from a forge or an address.
        unpacked_bytes: out of release archives.
        parsed_bytes: documents, tables and histogram logs, each time that one is read.
        members: files in release archives.
        values: values of JSON documents, and buckets of histogram logs.
        seconds: time inside the readers.
    """

    downloaded_bytes: int = 4 * 2**30
    unpacked_bytes: int = 4 * 2**30
    parsed_bytes: int = 64 * 2**30
    members: int = 100_000
    values: int = 1_000_000_000
    seconds: int = 3_600

    @classmethod
    def for_input(cls, downloaded_bytes: int) -> Limits:
        """Limits with this one for downloads, and all others in proportion, never below their defaults."""
        default = cls()
        scaled = {
            each.name: max(
                getattr(default, each.name),
                getattr(default, each.name) * downloaded_bytes // default.downloaded_bytes,
            )
            for each in fields(cls)
        }
        return cls(**scaled | {"downloaded_bytes": downloaded_bytes, "unpacked_bytes": downloaded_bytes})


DEFAULT_LIMITS: Final = Limits()


class Budget:
    """What is left of the limits of one command."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._used: Counter[Resource] = Counter()
        self._seconds = 0.0

    def charge(self, resource: Resource, amount: int, where: str) -> None:
        """Count an amount before it is taken.

        Raises:
            InvalidInput: the sum exceeds the limit; the message names both.
        """
        self.require(resource, amount, where)
        self._used[resource] += amount

    def require(self, resource: Resource, amount: int, where: str) -> None:
        """Check that an announced amount is left; raises as `charge`."""
        limit = getattr(self.limits, resource)
        if self._used[resource] + amount > limit:
            raise _exceeded(resource, limit, where)

    def add_seconds(self, seconds: float, where: str) -> None:
        """Count time inside a reader; raises as `charge`."""
        self._seconds += seconds
        if self._seconds > self.limits.seconds:
            raise _exceeded(Resource.SECONDS, self.limits.seconds, where)


_active: list[Budget] = []


@contextmanager
def input_budget(limits: Limits = DEFAULT_LIMITS) -> Iterator[None]:
    """Charge all reading in the block to one budget; within another such block, to the outer one.

    Threads share the budget. A worker process continues with a copy of it.
    """
    if _active:
        yield
        return
    _active.append(Budget(limits))
    try:
        yield
    finally:
        _active.clear()


def charge(resource: Resource, amount: int, where: str) -> None:
    """Charge an amount to the budget of the command, if there is one; raises as `Budget.charge`."""
    if (budget := _current()) is not None:
        budget.charge(resource, amount, where)


def require(resource: Resource, amount: int, where: str) -> None:
    """Check that an announced amount is left in the budget, if there is one; raises as `charge`."""
    if (budget := _current()) is not None:
        budget.require(resource, amount, where)


def parsing(size: int, where: str) -> AbstractContextManager[None]:
    """Charge the bytes and the time of one document that the block reads; raises as `Budget.charge`."""
    budget = _current()
    return _UNCOUNTED if budget is None else _Parsing(budget, size, where)


class _Parsing:
    """The block of `parsing`; a class, because a generator takes longer than reading a small document."""

    __slots__ = ("_budget", "_size", "_start", "_where")

    def __init__(self, budget: Budget, size: int, where: str) -> None:
        self._budget, self._size, self._where = budget, size, where

    def __enter__(self) -> None:
        self._start = time.monotonic()
        self._budget.charge(Resource.PARSED, self._size, self._where)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._budget.add_seconds(time.monotonic() - self._start, self._where)


_UNCOUNTED: Final = nullcontext()


def parse_size(text: str) -> int:
    """A size in bytes, such as `500M` or `8G`; the factors are powers of 1024.

    Raises:
        UsageError: it is not a size, or zero.
    """
    match = _SIZE.fullmatch(text.strip())
    size = int(match[1]) * _FACTORS[(match[2] or "").upper()] if match else 0
    if not size:
        raise UsageError(f"{text[:40]!a} is not a size", hint="pass a size such as 500M or 8G")
    return size


def _current() -> Budget | None:
    return _active[0] if _active else None


def _exceeded(resource: Resource, limit: int, where: str) -> InvalidInput:
    return InvalidInput(
        f"{where}: exceeds the limit of {limit:,} {resource.replace('_', ' ')} for one command",
        hint="if you trust it, raise all limits: --max-input SIZE, OBRELEASE_MAX_INPUT, obrelease.limits()",
    )
