"""Small samples: Student's t, wider bootstrap levels, and the minimum detectable effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist, fmean
from typing import Final

import numpy as np

from obrelease.analysis.statistics.mann_whitney import MAX_EXACT_RUNS, critical_distance, min_p_value
from obrelease.analysis.statistics.random_stream import RandomStream

POWER: Final = 0.8
"""The probability of finding the minimum detectable effect."""

MAX_LOG_RATIO: Final = 700.0
"""The largest logarithm of a ratio; a double holds up to 709.78, in percent less."""

_RANK_EFFICIENCY: Final = 3 / math.pi
_TRIALS: Final = 2_000
_HALVINGS: Final = 12
_LARGEST_SHIFT: Final = 20.0
_NORMAL: Final = NormalDist()


def t_quantile(level: float, freedom: int) -> float:
    """Quantile of Student's t, within 0.5 % for 6 degrees of freedom or more and levels up to 0.999.

    The expansion in M. Abramowitz and I. Stegun, "Handbook of mathematical functions", 26.7.5.
    """
    x = _NORMAL.inv_cdf(level)
    g1 = (x**3 + x) / 4
    g2 = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    g3 = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    g4 = (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160
    return x + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def tail_level(confidence: float, first: int, second: int) -> float:
    """The tail of bootstrap replicates to cut off at each end, for runs of these numbers.

    A bootstrap of few runs is too narrow: it divides by n where n - 1 is due, and its tails are
    normal where those of t are due. T. Hesterberg, "What teachers should know about the bootstrap",
    2015, section 5.3, widens the percentiles instead of the data; here for two samples.
    """
    freedom = max(first + second - 2, 1)
    narrow = math.sqrt((1 / first + 1 / second) / ((first - 1) / first**2 + (second - 1) / second**2))
    return _NORMAL.cdf(-narrow * t_quantile((1 + confidence) / 2, freedom))


def detectable_percent(
    first: Sequence[float], second: Sequence[float], *, alpha: float, metrics: int
) -> float | None:
    """The change in percent that would be found four times in five if this metric alone had changed.

    From the scatter between runs on the log scale, taken for normal, at the strictest step of
    Benjamini-Hochberg, `alpha / metrics`.

    Args:
        first, second: log values, one for each run.
        alpha: the level of the whole comparison.
        metrics: how many metrics are tested together.

    Returns:
        None where not even a complete separation of the runs would be a finding, or the change is
        beyond double range.
    """
    level = alpha / metrics
    if min_p_value(len(first), len(second)) > level:
        return None
    freedom = len(first) + len(second) - 2
    deviation = math.sqrt((_squares(first) + _squares(second)) / freedom)
    needed = _needed_shift(len(first), len(second), level) * deviation
    return 100 * math.expm1(needed) if needed <= MAX_LOG_RATIO else None


@lru_cache(maxsize=256)
def _needed_shift(first: int, second: int, level: float) -> float:
    """The shift in standard deviations that the rank test finds with `POWER`.

    Small samples by trial (`_TRIALS` normal samples, the same each time, and bisection), large ones
    by the normal approximation with the rank test's efficiency of 3 / pi.
    """
    critical = critical_distance(first, second, level) if first + second <= MAX_EXACT_RUNS else None
    if critical is None:
        spread = math.sqrt((1 / first + 1 / second) / _RANK_EFFICIENCY)
        return (_NORMAL.inv_cdf(1 - level / 2) + _NORMAL.inv_cdf(POWER)) * spread
    stream = RandomStream(0, f"{first}/{second}")
    base, head = stream.normal((_TRIALS, first, 1)), stream.normal((_TRIALS, 1, second))
    differences = head - base
    low, high = 0.0, _LARGEST_SHIFT
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        u = (differences + middle > 0).sum(axis=(1, 2))
        found = float((np.abs(u - first * second / 2) >= critical).mean())
        low, high = (middle, high) if found < POWER else (low, middle)
    return high


def _squares(values: Sequence[float]) -> float:
    middle = fmean(values)
    return sum((value - middle) ** 2 for value in values)
