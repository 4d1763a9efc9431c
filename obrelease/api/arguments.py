"""Arguments of the API, checked: an error names the argument, its value and the cure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from obrelease.errors import UsageError

T = TypeVar("T")

_MAX_LIMIT = 2**63 - 1


def check_argument(name: str, value: T, kinds: type | tuple[type, ...], expected: str) -> T:
    """Return the value if it is of one of the types.

    Raises:
        UsageError: it is not.
    """
    if not isinstance(value, kinds):
        raise UsageError(f"{name} is {value!r:.60} ({type(value).__name__})", hint=f"pass {expected}")
    return value


def checked_path(name: str, value: object) -> Path:
    """A path; raises `UsageError` for another type, an empty text or a null character."""
    check_argument(name, value, (str, os.PathLike), "a path, as text or pathlib.Path")
    text = os.fspath(value)  # type: ignore[call-overload]
    if not isinstance(text, str) or not text or "\0" in text:
        raise UsageError(
            f"{name} is {text!r:.60}, which is not a path", hint="pass a path, such as 'results'"
        )
    return Path(text)


def checked_optional_path(name: str, value: object) -> Path | None:
    """As `checked_path`; None is accepted."""
    return None if value is None else checked_path(name, value)


def check_integers(**values: object) -> None:
    """Refuse arguments that are not whole numbers; their ranges are checked where they are used.

    Raises:
        UsageError: names the argument.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise UsageError(f"{name} is {value!r:.60} ({type(value).__name__})", hint="pass a whole number")


def checked_integers(name: str, values: object) -> tuple[int, ...]:
    """A sequence of whole numbers; raises `UsageError` for anything else."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise UsageError(f"{name} is {values!r:.60}", hint="pass a list of whole numbers")
    found = tuple(values)
    for value in found:
        check_integers(**{name: value})
    return found


def checked_texts(name: str, values: object) -> tuple[str, ...]:
    """A list of texts; raises `UsageError`, also for one text that is not in a list."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise UsageError(f"{name} is {values!r:.60}", hint=f"pass {name} as a list of texts")
    check_texts(**{f"{name}[{place}]": value for place, value in enumerate(values)})
    return tuple(values)


def check_texts(**values: object) -> None:
    """Refuse arguments that are not text; raises `UsageError`."""
    for name, value in values.items():
        check_argument(name, value, str, "text")


def check_flags(**values: object) -> None:
    """Refuse arguments that are neither True nor False; raises `UsageError`."""
    for name, value in values.items():
        check_argument(name, value, bool, "True or False")


def checked_limit(limit: object) -> int | None:
    """At most how many; raises `UsageError`."""
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= _MAX_LIMIT:
        raise UsageError(f"limit is {limit!r:.60}", hint="pass a number from 0, or None for all")
    return limit
