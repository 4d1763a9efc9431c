"""Short forms that several pages share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

SHORT_COMMIT: Final = 9
_SHORT_RUN: Final = 12
_LAST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999."""


def measured_text(created_ns: int) -> str:
    """A time to the minute in UTC; nanoseconds where no date has it."""
    seconds = created_ns // 10**9
    if seconds > _LAST_SECOND:
        return f"{created_ns} ns"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def short_run(digest: str) -> str:
    """The name of a run's page, without its suffix."""
    return digest[:_SHORT_RUN]
