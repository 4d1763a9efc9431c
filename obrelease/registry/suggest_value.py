"""The value of a filter that was probably meant, if no run has the one that was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from obrelease.models.close_names import did_you_mean

if TYPE_CHECKING:
    from obrelease.registry.entry import Entry

_KEYS: Final = ("kind", "scenario", "core")


def meant_value(entries: Sequence[Entry], words: Iterable[str]) -> str | None:
    """`did you mean 'x100'?` for the first filter whose value no run has; None if none is like it.

    Args:
        words: filters such as `scenario=x1001`; those of other keys are not looked at.
    """
    for word in words:
        key, _, value = word.partition("=")
        known = {getattr(entry, key) or "" for entry in entries} if key in _KEYS else {value}
        if value not in known and (meant := did_you_mean(value, known)) is not None:
            return meant
    return None
