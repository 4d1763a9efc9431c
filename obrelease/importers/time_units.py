"""Times of other tools in nanoseconds, and their dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

TIME_UNITS: Final = {"ns": 0, "us": 3, "ms": 6, "s": 9}
"""Powers of ten that lead from a unit of time to nanoseconds."""

_LATEST_NS: Final = 10**20 - 1


def to_nanoseconds(value: float, unit: str) -> float:
    """A time in nanoseconds, its decimal digits moved and not multiplied: 0.0069 s is 6900000.0 ns."""
    return float(Decimal(repr(value)).scaleb(TIME_UNITS[unit]))


def all_to_nanoseconds(values: Sequence[float], unit: str) -> list[float]:
    """Each time in nanoseconds, as `to_nanoseconds`."""
    power = TIME_UNITS[unit]
    return [float(Decimal(repr(value)).scaleb(power)) for value in values]


def parse_date_ns(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 date, UTC if it names no zone.

    None if it is no date, or one after the year 5138, which an artefact cannot hold.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    since_ns = max(0, (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000)
    return since_ns if since_ns <= _LATEST_NS else None
