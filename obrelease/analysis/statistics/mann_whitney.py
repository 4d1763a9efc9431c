"""The Mann-Whitney test, exact with and without ties, and how small its p-value can get.

H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is stochastically
larger than the other", 1947; ties by the permutation distribution of the midranks, which the exact
method of SciPy does not offer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

MAX_EXACT_RUNS: Final = 60
"""Values of both sides together up to which the p-value is exact; above, normal with tie correction."""


@dataclass(frozen=True, slots=True)
class RankTest:
    """A two-sided test that two samples come from one distribution.

    Attributes:
        u: how many pairs have the second value above the first one, ties counted as a half.
        p_value: probability of a rank sum as far from its middle as this one, or farther.
        method: `exact`, or `normal` where the samples are too large for it.
    """

    u: float
    p_value: float
    method: Literal["exact", "normal"]


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> RankTest:
    """Compare two samples of at least one value each.

    Raises:
        ValueError: a sample is empty.
    """
    if not first or not second:
        raise ValueError("both samples need a value")
    doubled = _doubled_midranks(np.array([*first, *second], dtype=np.float64))
    size, other = len(second), len(first)
    rank_sum = int(doubled[other:].sum())
    u = rank_sum / 2 - size * (size + 1) / 2
    ranks = tuple(int(rank) for rank in np.sort(doubled))
    if size + other <= MAX_EXACT_RUNS:
        return RankTest(
            u, _exact(ranks, min(size, other), abs(rank_sum - size * (size + other + 1))), "exact"
        )
    return RankTest(u, _normal(ranks, size, other, u), "normal")


def min_p_value(first: int, second: int) -> float:
    """The smallest two-sided p-value that samples of these sizes can give, all values distinct."""
    return min(1.0, 2 / math.comb(first + second, first))


def _doubled_midranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Twice the rank from 1 of each value; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    return (2 * ends - sizes + 1)[group].astype(np.int64)


def critical_distance(first: int, second: int, level: float) -> float | None:
    """How far U must be from its middle for a p-value of `level` or less, all values distinct.

    Returns:
        None where no U is far enough.
    """
    shares = _tail_shares(tuple(range(2, 2 * (first + second) + 1, 2)), min(first, second))
    far = np.flatnonzero(shares <= level)
    return float(far[0]) / 2 if far.size else None


def _exact(doubled: tuple[int, ...], size: int, distance: int) -> float:
    """Share of the subsets of `size` ranks whose doubled sum is `distance` or more off the middle."""
    return float(_tail_shares(doubled, size)[distance])


@lru_cache(maxsize=1024)
def _tail_shares(doubled: tuple[int, ...], size: int) -> NDArray[np.float64]:
    """The same for every distance, float64 [the largest distance + 1], by counting subsets of each sum."""
    total = sum(doubled)
    ways = np.zeros((size + 1, total + 1), dtype=np.float64)
    ways[0, 0] = 1.0
    for rank in doubled:
        for taken in range(size, 0, -1):
            ways[taken, rank:] += ways[taken - 1, : total + 1 - rank]
    middle = size * (len(doubled) + 1)
    by_distance = np.bincount(np.abs(np.arange(total + 1) - middle), weights=ways[size])
    tails = np.cumsum(by_distance[::-1])[::-1] / ways[size].sum()
    return np.asarray(np.minimum(tails, 1.0))


def _normal(doubled: tuple[int, ...], size: int, other: int, u: float) -> float:
    """Normal approximation with the variance of tied midranks and a continuity correction."""
    number = size + other
    _, ties = np.unique(np.array(doubled), return_counts=True)
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (number * (number - 1))
    deviation = math.sqrt(size * other / 12 * (number + 1 - tied))
    if deviation == 0:
        return 1.0
    distance = max(abs(u - size * other / 2) - 0.5, 0.0)
    return min(1.0, 2 * NormalDist().cdf(-distance / deviation))
