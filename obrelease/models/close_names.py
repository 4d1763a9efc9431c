"""The name that was probably meant in place of one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 200
_MOST_NAMES: Final = 10_000


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """`did you mean 'parse'?` for the known name that is most like `name`; None if none is like it.

    Case does not count, and a name can be meant by its beginning: `gogle` is like `google-benchmark`. Long
    names and more than `_MOST_NAMES` known ones are not compared: names may come from files.
    """
    if len(name) > _LONGEST:
        return None
    names: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    for each in known:
        if len(names) >= _MOST_NAMES:
            return None
        if len(each) <= _LONGEST:
            names.setdefault(each.lower(), each)
            beginnings.setdefault(each.lower().partition("-")[0], each)
    names = beginnings | names
    found = get_close_matches(name.lower(), names, n=1)
    return f"did you mean {names[found[0]]!r}?" if found else None


def hint_with_suggestion(name: str, known: Iterable[str], hint: str) -> str:
    """A hint, after the name that was probably meant if there is one."""
    meant = did_you_mean(name, known)
    return hint if meant is None else f"{meant} {hint}"
