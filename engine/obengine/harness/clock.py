"""The monotonic clock of all measurements, and its overhead."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

now_ns: Final = perf_counter_ns
"""Nanoseconds of the monotonic clock with the highest resolution; only differences are meaningful."""


def timer_overhead_ns(samples: int = 10_001) -> int:
    """The median difference of two consecutive readings, which is included in every timed call.

    Raises:
        ValueError: `samples` is not positive.
    """
    if samples < 1:
        raise ValueError(f"the number of samples must be positive, not {samples}")
    clock = now_ns
    costs = [-(clock() - clock()) for _ in range(samples)]
    costs.sort()
    return costs[samples // 2]
