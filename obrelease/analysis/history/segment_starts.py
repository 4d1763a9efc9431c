"""The starts that a last segment may still have: those that some level of the points to come could choose.

Functional pruning (R. Maidstone et al., "On optimal multiple changepoint algorithms for large data", 2017).
A start `t` leads to a later start `u` at the levels whose squares over the points `t` to `u - 1` cost less
than what `u` costs more: an interval that no later point moves. A start without such a level is dropped.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from obrelease.analysis.statistics.exact_log import Floats

_UNCHECKED: Final = 64
"""Starts that are added before all are checked: numpy calls cost more than short arrays."""

_MARGIN: Final = 1e-6
"""A start is dropped if others are better by this share of a penalty, so that no rounding decides."""

_ROUNDING: Final = 1e-12
"""The same as a share of all squares of the series: more than the rounding of their sums."""


class SegmentStarts:
    """The starts in order, each with its running sum and the least cost of the points before it."""

    def __init__(self, sums: Floats, *, squares: float, penalty: float) -> None:
        """Take the running sums of a series.

        Args:
            sums: float64 [n + 1], of the centred values; the first is 0.
            squares: sum of the squares of the centred values.
            penalty: of a segment.
        """
        self._all_sums = sums
        self._penalty = penalty
        self._margin = _MARGIN * penalty + _ROUNDING * squares
        size = sums.size
        self._at = np.empty(size, dtype=np.int64)
        self._sums, self._costs = np.empty(size), np.empty(size)
        self._low, self._high = np.full(size, -np.inf), np.full(size, np.inf)
        self._origins = np.empty(size, dtype=np.int64)
        self._count = self._checked = 0

    def add(self, start: int, cost: float, origin: int) -> None:
        """Add a start behind all others.

        Args:
            cost: the least cost of the points before it, without the squares of their values.
            origin: where the last segment before it begins.
        """
        at = self._count
        self._at[at], self._sums[at], self._costs[at] = start, self._all_sums[start], cost
        self._origins[at] = origin
        self._count = at + 1
        if self._count - self._checked >= _UNCHECKED:
            self._check()

    def cheapest(self, end: int, inverse: Floats) -> tuple[int, float]:
        """The start of the cheapest last segment before `end`, and the cost; the first of equal ones.

        Args:
            inverse: float64, `inverse[k]` is `1 / k`.
        """
        count = self._count
        at = self._at[:count]
        difference = self._all_sums[end] - self._sums[:count]
        cost = self._costs[:count] - difference * difference * inverse[end - at]
        best = int(cost.argmin())
        return int(at[best]), float(cost[best])

    def _check(self) -> None:
        self._narrow()
        count = self._count
        low, high = self._low[:count], self._high[:count]
        kept = (low <= high) & ~self._within_origin(low, high)
        left = int(kept.sum())
        for column in (self._at, self._sums, self._costs, self._low, self._high, self._origins):
            column[:left] = column[:count][kept]
        self._low[left:count], self._high[left:count] = -np.inf, np.inf
        self._count = self._checked = left

    def _narrow(self) -> None:
        """Narrow the levels of each start to those where it leads to the starts that are new behind it."""
        count, checked = self._count, self._checked
        at, sums, costs = self._at[:count], self._sums[:count], self._costs[:count]
        with np.errstate(divide="ignore", invalid="ignore"):
            points = (at[checked:] - at[:, None]).astype(np.float64)
            middle = (sums[checked:] - sums[:, None]) / points
            square = (costs[checked:] - costs[:, None] + self._margin) / points + middle * middle
            reach = np.sqrt(square)  # NaN without any such level
        later = points > 0
        low = np.where(later, np.where(square >= 0, middle - reach, np.inf), -np.inf)
        high = np.where(later, np.where(square >= 0, middle + reach, -np.inf), np.inf)
        np.maximum(self._low[:count], low.max(axis=1), out=self._low[:count])
        np.minimum(self._high[:count], high.min(axis=1), out=self._high[:count])

    def _within_origin(self, low: Floats, high: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Starts whose levels all suit the segment before them, which then costs a penalty less."""
        count = self._count
        at, origins = self._at[:count], self._origins[:count]
        points = np.maximum(at - origins, 1)
        middle = (self._sums[:count] - self._all_sums[origins]) / points
        reach = np.sqrt(max(self._penalty - self._margin, 0.0) / points)
        return np.asarray((at > origins) & (low >= middle - reach) & (high <= middle + reach))
