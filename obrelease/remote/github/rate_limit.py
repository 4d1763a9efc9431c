"""How many writes GitHub takes: never more than its published limits, whatever the spacing between two.

Source: GitHub's "Rate limits for the REST API", on content-generating requests.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from obrelease.remote.github.retry import Pace

WRITE_LIMITS: Final = ((80, 60.0), (500, 3600.0))
"""At most so many writes within so many seconds."""


class Budget:
    """Counts writes, and waits before one that would be too many. Not safe for two threads."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._written_s: deque[float] = deque(maxlen=max(count for count, _ in WRITE_LIMITS))

    def spend(self) -> None:
        """Wait until one more write is within both limits, and count it."""
        now_s = self._pace.clock()
        free_s = [
            self._written_s[-count] + window_s
            for count, window_s in WRITE_LIMITS
            if len(self._written_s) >= count
        ]
        start_s = max([now_s, *free_s])
        if start_s > now_s:
            self._pace.wait(start_s - now_s)
        self._written_s.append(start_s)
