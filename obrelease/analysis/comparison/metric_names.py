"""Names of metrics in policies and on the command line, where `*` and `?` stand for other text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from obrelease.models.artefact import Scalar

MAX_NAMES: Final = 10
"""Metrics that a message names; it only counts the others."""


def matches(name: str, pattern: str) -> bool:
    """Whether the pattern is the name, or matches it with `*` for any text and `?` for one character.

    Brackets are plain characters, because many tools use them in names.
    """
    return name == pattern or fnmatchcase(name, pattern.replace("[", "[[]"))


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns matches the name."""
    return any(matches(name, pattern) for pattern in patterns)


def with_parameters(name: str, parameters: Mapping[str, Scalar]) -> str:
    """`build (threads=4)`: the name of one of several metrics that differ only in their parameters."""
    values = ", ".join(f"{key}={_value(value)}" for key, value in sorted(parameters.items()))
    return f"{name} ({values})" if values else name


def some_names(names: Iterable[str]) -> str:
    """Names for a message: sorted, unique, and at most `MAX_NAMES` of them."""
    unique = sorted(set(names))
    more = f" and {len(unique) - MAX_NAMES} more" if len(unique) > MAX_NAMES else ""
    return ", ".join(unique[:MAX_NAMES]) + more


def _value(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
