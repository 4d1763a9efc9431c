"""Segments of constant level: the partition of a series with the least penalised sum of squares.

Optimal partitioning (B. Jackson et al., "An algorithm for optimal partitioning of data on an interval",
2005), in time proportional to the points: see `segment_starts`. The place of each change point is then
estimated from the likelihood of all places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.history.segment_starts import SegmentStarts
from obrelease.analysis.statistics.exact_log import Floats, exact_exp

LEAST_SEGMENT: Final = 3
"""Points of the shortest segment."""

_WINDOW: Final = 5
"""A place is the centre of the most probable window of this many points on either side."""

_OUTSIDE: Final = 0.025
"""The share of probability beyond each end of the range of places."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment begins: the index of its first point, and the range that holds it with 95 %."""

    index: int
    low: int
    high: int


def partition(values: Floats, *, penalty: float, allowed: NDArray[np.bool_] | None = None) -> list[int]:
    """The first index of every segment but the first.

    Args:
        values: float64 [n].
        penalty: what one more segment must save, in squared units of `values`.
        allowed: bool [n + 1], where a segment may begin; everywhere if None. 0 and n must be allowed.
    """
    count = values.size
    centred = values - np.median(values) if count else values
    sums = _sums(centred)
    inverse = np.zeros(count + 1)
    inverse[1:] = 1.0 / np.arange(1, count + 1)
    begins = np.zeros(count + 1, dtype=np.int64)
    costs = np.full(count + 1, np.inf)
    costs[0] = -penalty
    starts = SegmentStarts(sums, squares=float(centred @ centred), penalty=penalty)
    for end in range(LEAST_SEGMENT, count + 1):
        start = end - LEAST_SEGMENT
        if costs[start] < np.inf:
            starts.add(start, costs[start], begins[start])
        if allowed is None or allowed[end]:
            begins[end], cost = starts.cheapest(end, inverse)
            costs[end] = cost + penalty
    return _trace(begins, count)


def locate(
    values: Floats,
    begins: list[int],
    *,
    long_run_variance: float,
    allowed: NDArray[np.bool_] | None = None,
) -> list[Place]:
    """The place of each change point, given its neighbours.

    The posterior mean within the most probable window: the middle of a flat likelihood, and the
    maximum of a sharp one.
    """
    sums = _sums(values - np.median(values))
    places: list[Place] = []
    for number, begin in enumerate(begins):
        low = places[-1].index if places else 0
        high = begins[number + 1] if number + 1 < len(begins) else values.size
        at = np.arange(low + 1, high)
        if allowed is not None:
            at = at[allowed[at]]
        if at.size == 0:
            places.append(Place(begin, begin, begin))
            continue
        left, right = sums[at] - sums[low], sums[high] - sums[at]
        gain = left * left / (at - low) + right * right / (high - at)
        exponent = (gain - gain.max()) / (2 * long_run_variance)
        places.append(_place(at, exact_exp(np.maximum(exponent, -600.0))))
    return places


def _place(at: NDArray[np.int64], weight: Floats) -> Place:
    total = np.cumsum(weight)
    total = total / total[-1]
    below = np.concatenate((np.zeros(1), total))
    first = np.searchsorted(at, at - _WINDOW)
    after = np.searchsorted(at, at + _WINDOW, side="right")
    centre = int(np.argmax(below[after] - below[first]))
    window = slice(int(first[centre]), int(after[centre]))
    mean = float(np.cumsum(at[window] * weight[window])[-1] / np.cumsum(weight[window])[-1])
    nearest = int(np.argmin(np.abs(at - mean)))
    low = int(at[np.searchsorted(total, _OUTSIDE)])
    high = int(at[min(int(np.searchsorted(total, 1 - _OUTSIDE)), at.size - 1)])
    index = int(at[nearest])
    return Place(index, min(low, index), max(high, index))


def _sums(values: Floats) -> Floats:
    return np.concatenate((np.zeros(1), np.cumsum(values)))


def _trace(begins: NDArray[np.int64], count: int) -> list[int]:
    found: list[int] = []
    end = count
    while end > 0:
        end = int(begins[end])
        if end > 0:
            found.append(end)
    return found[::-1]
