"""The one clock of the package; everything below the API is given the time."""

from __future__ import annotations

import time


def now_ns() -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns()
