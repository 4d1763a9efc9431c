"""Outliers among the times of one side, by hyperfine's rule."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

OUTLIER_SCORE: Final = 14.826
"""Modified z-score (Iglewicz and Hoaglin) above which hyperfine reports an outlier."""

_SIGMA_PER_MAD: Final = 1.4826


def count_outliers(values: Sequence[float]) -> int:
    """How many values are far from the median, measured by the median absolute deviation.

    With a deviation of zero, every other value is an outlier.
    """
    middle = median(values)
    deviation = median(abs(value - middle) for value in values) * _SIGMA_PER_MAD
    return sum(abs(value - middle) > OUTLIER_SCORE * deviation for value in values)
