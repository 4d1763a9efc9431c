"""Filters of runs as arguments: words of the filter language, and conditions by name."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from obrelease.api.arguments import check_argument
from obrelease.errors import UsageError
from obrelease.registry.filter import Filter, parse_filter

_TIMES: Final = frozenset({"since", "until"})


def run_filter(filters: Sequence[str], conditions: dict[str, object]) -> Filter:
    """The filter that words of the filter language and keywords describe together; None is no condition."""
    given = {key: value for key, value in conditions.items() if value is not None}
    for text in filters:
        check_argument("a filter", text, str, "text, such as 'kind=bench'")
    labels = given.pop("labels", {})
    if not isinstance(labels, Mapping):
        raise UsageError(f"labels is {labels!r:.60}", hint="pass a dict, such as {'compiler': 'clang-19'}")
    words = [(key, _text(key, value)) for key, value in given.items()]
    words += [(f"label.{key}", _label_text(value)) for key, value in labels.items()]
    return parse_filter(*filters, *(f"{key}={value}" for key, value in words))


def _label_text(value: object) -> str:
    return shlex.quote(str(value).lower() if isinstance(value, bool) else str(value))


def _text(key: str, value: object) -> str:
    """The value of a filter as one word of the filter language."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):  # a datetime is one as well
        return value.isoformat()
    if isinstance(value, int) and key in _TIMES:
        return f"{value:09d}"  # shorter numbers are days
    check_argument(key, value, str, "text, or a date for since and until")
    return shlex.quote(str(value))
