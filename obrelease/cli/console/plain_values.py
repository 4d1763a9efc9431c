"""Values of options that need no validator, converted here.

Typer builds a pydantic validator for every option, also for those that are not given, and importing pydantic
takes longer than all else that a small command does. So Typer converts what is left: paths, and mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

_NOT_PLAIN: Final = object()
_MAX_DIGITS: Final = 18


class _PlainConverter:
    """Takes the place of the converter that Typer would build of an option, until that is needed."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value for the command, as Typer's own converter returns it."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        converted = _converted(value, param.type_descriptor)
        if converted is not _NOT_PLAIN:
            return converted
        param._runtime_param = None  # noqa: SLF001
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _converted(value: Any, descriptor: Any) -> Any:
    """The value as the command wants it, or `_NOT_PLAIN` if this needs Typer."""
    wanted, rules = descriptor.annotation, descriptor.parameter_info
    if rules.min is not None or rules.max is not None:
        return _NOT_PLAIN
    if rules.parser is not None:
        return rules.parser(value)
    if type(value) is wanted and wanted in {str, bool, int}:
        return value
    if wanted == list[str] and all(type(each) is str for each in value):
        return list(value)
    if wanted is int and type(value) is str and _is_plain_number(value):
        return int(value)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum) and value in set(wanted):
        return wanted(value)
    return _NOT_PLAIN


def _is_plain_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS


def with_plain_values(params: Sequence[Any]) -> list[Any]:
    """The options of a command, changed so that Typer builds converters only for values that need one.

    Versions of Typer that convert without pydantic are left as they are.
    """
    for param in params:
        if getattr(param, "_runtime_param", ...) is None:
            param._runtime_param = _PlainConverter()  # noqa: SLF001
    return list(params)
