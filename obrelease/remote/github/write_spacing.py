"""Spaces writes, so that they stay below the published rate limits of GitHub.

The wait that GitHub asks for in an answer is read in `request_timing`.

Source: GitHub's "Rate limits for the REST API", on content-generating requests.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from obrelease.remote.github.request_timing import RequestTiming

WRITE_LIMITS: Final = ((80, 60.0), (500, 3600.0))
"""The largest number of writes, and the seconds within which it counts."""


class WriteRateLimiter:
    """Counts writes, and waits before a write that would exceed a limit. Not thread-safe."""

    def __init__(self, timing: RequestTiming) -> None:
        self._pace = timing
        self._written_s: deque[float] = deque(maxlen=max(count for count, _ in WRITE_LIMITS))

    def acquire(self) -> None:
        """Wait until another write is within both limits, and count it."""
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
