"""The one door to clocks: monotonic nanoseconds, and what it costs to read them."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

now_ns: Final = perf_counter_ns
"""Nanoseconds of a monotonic clock of the highest resolution; only differences mean anything."""


def timer_overhead_ns(samples: int = 10_001) -> int:
    """The median difference of two readings with nothing between them; part of every timed call.

    Raises:
        ValueError: `samples` is not positive.
    """
    if samples < 1:
        raise ValueError(f"a median of {samples} samples")
    clock = now_ns
    costs = [-(clock() - clock()) for _ in range(samples)]
    costs.sort()
    return costs[samples // 2]
