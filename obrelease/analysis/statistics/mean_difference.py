"""The difference between the means of two sides, and its interval.

B. Welch, "The generalization of Student's problem when several different population variances are
involved", 1947: the sides may be of unequal size and unequally noisy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.statistics.student_t import t_quantiles

Floats = NDArray[np.float64]

_ROUNDING: Final = 1e-15
"""Equal values whose mean is rounded differ by so much from it."""


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Head minus base of each metric, each float64 [metrics]; NaN where there are too few values.

    Attributes:
        difference: needs one value a side.
        low, high: the ends of the interval; they need two values a side.
        deviation: of the values around the mean of their side, pooled.
        error: standard error of the difference.
        base_count, head_count: values of each side.
    """

    difference: Floats
    low: Floats
    high: Floats
    deviation: Floats
    error: Floats
    base_count: Floats
    head_count: Floats


def mean_difference(base: Floats, head: Floats, *, confidence: float) -> MeanDifference:
    """Compare the means of two sides, float64 [metrics, runs]; NaN is a missing value."""
    (n, one, square), (m, other, square_of_head) = _moments(base), _moments(head)
    enough = (n >= 2) & (m >= 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = square / (n - 1) / n, square_of_head / (m - 1) / m
        error = np.where(enough, np.sqrt(variances[0] + variances[1]), np.nan)
        freedom = (variances[0] + variances[1]) ** 2 / (
            variances[0] ** 2 / (n - 1) + variances[1] ** 2 / (m - 1)
        )
        deviation = np.where(enough, np.sqrt((square + square_of_head) / (n + m - 2)), np.nan)
    freedom = np.where(np.isfinite(freedom), freedom, np.minimum(n, m) - 1)
    half = t_quantiles((1 + confidence) / 2, freedom) * error
    difference = other - one
    return MeanDifference(difference, difference - half, difference + half, deviation, error, n, m)


def _moments(side: Floats) -> tuple[Floats, Floats, Floats]:
    """Number, mean and sum of squares around the mean of the values of each row."""
    known = ~np.isnan(side)
    counts = known.sum(axis=1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(known, side, 0.0).sum(axis=1) / counts
    centred = np.where(known, side - means[:, None], 0.0)
    largest = np.abs(np.where(known, side, 0.0)).max(axis=1, initial=0.0)
    centred[np.abs(centred) <= _ROUNDING * largest[:, None]] = 0.0
    return counts, means, (centred**2).sum(axis=1)
