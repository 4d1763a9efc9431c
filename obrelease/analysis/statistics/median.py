"""The median and the percentiles of every command: always one of the values, never a mean of two."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray


Number = TypeVar("Number", int, float)

_RANK_TOLERANCE: Final = 1e-9
"""For products such as 1,000 x 99.9 / 100, which floating point makes slightly larger."""


def median(values: Iterable[Number]) -> Number:
    """The middle value, or the lower of the two in the middle: integers stay integers.

    Raises:
        StatisticsError: there is no value.
    """
    return median_low(values)


def median_of_rows(values: NDArray[float64]) -> NDArray[float64]:
    """The same median along the last axis, which must not be empty."""
    middle = (values.shape[-1] - 1) // 2
    ordered = values.copy()
    ordered.partition(middle, axis=-1)
    return ordered[..., middle]


def percentile(ordered: Sequence[Number], percent: float) -> Number:
    """The value that `percent` of the values do not exceed, by the nearest rank; 50 gives `median`.

    Args:
        ordered: the values, ascending, at least one.
        percent: above 0, at most 100.
    """
    rank = math.ceil(len(ordered) * percent / 100 - _RANK_TOLERANCE)
    return ordered[max(rank, 1) - 1]
