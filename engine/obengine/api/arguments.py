"""Checks of arguments that a caller may give with a wrong type."""

from __future__ import annotations

from operator import index
from typing import SupportsIndex

from obengine.api.errors import WorkloadError


def require_whole(what: str, value: SupportsIndex) -> int:
    """A whole number, also one of NumPy, as an int.

    Raises:
        WorkloadError: it is none; the message starts with `what`.
    """
    try:
        return index(value)
    except TypeError:
        raise WorkloadError(f"{what}: {value!r:.40} is not a whole number") from None
