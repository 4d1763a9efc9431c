"""Times of day as text: `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`, with at most nine decimals."""

from __future__ import annotations

import re
from typing import Final

from obengine.api.errors import WorkloadError

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?")
_NANOS: Final = 10**9


def time_of_day_ns(text: str | None) -> int | None:
    """Nanoseconds since midnight; None for None.

    Raises:
        WorkloadError: not a time of day.
    """
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise WorkloadError(f"not a time of day, such as 09:30 or 09:30:00.5: {text[:40]!r}")
    hours, minutes, seconds, fraction = found.groups(default="0")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * _NANOS + int(fraction.ljust(9, "0"))
