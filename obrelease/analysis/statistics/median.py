"""The median of every command: the lower middle value, which is always one of the values."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray


Number = TypeVar("Number", int, float)


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
