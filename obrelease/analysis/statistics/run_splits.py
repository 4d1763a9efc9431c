"""Every way to divide runs into two sides of given sizes, or a seeded sample of the ways.

Where two sides are equally large, a division and its mirror image count once: a two-sided test cannot
distinguish them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.statistics.random_stream import RandomStream

Bools = NDArray[np.bool_]

MAX_SPLITS: Final = 10_000
"""Divisions that are all tried; of more, a sample is drawn."""


@dataclass(frozen=True, slots=True)
class RunSplits:
    """Divisions of the runs.

    Attributes:
        chosen: bool [splits, runs]: the runs of one side.
        complete: whether these are all divisions, the observed one among them.
    """

    chosen: Bools
    complete: bool

    @property
    def number(self) -> int:
        """Divisions behind a p-value; to a sample, the observed one is added."""
        return int(self.chosen.shape[0]) + (not self.complete)


@lru_cache(maxsize=1024)
def number_of_splits(first: int, second: int) -> int:
    """How many different divisions there are into sides of these sizes."""
    ways = math.comb(first + second, first)
    return ways // 2 if first == second else ways


def least_p_value(first: int, second: int) -> float:
    """The smallest p-value that runs of these numbers can give."""
    return 1 / number_of_splits(first, second)


@lru_cache(maxsize=64)
def least_equal_runs(alpha: float) -> int:
    """The smallest n for which n + n runs can show a change at the level `alpha`."""
    runs = 1
    while least_p_value(runs, runs) > alpha:
        runs += 1
    return runs


def run_splits(first: int, second: int, *, draws: int, seed: int) -> RunSplits:
    """All divisions into sides of these sizes if they are at most `MAX_SPLITS`, else `draws` of them.

    The sample depends on the two sizes and the seed, and not on which side is which.
    """
    smaller, runs = min(first, second), first + second
    if number_of_splits(first, second) <= MAX_SPLITS:
        return RunSplits(_all_splits(smaller, runs), complete=True)
    return RunSplits(_sampled(smaller, runs, draws, seed), complete=False)


@lru_cache(maxsize=32)
def _all_splits(smaller: int, runs: int) -> Bools:
    if 2 * smaller == runs:
        rest = combinations(range(1, runs), smaller - 1)
        places = [(0, *others) for others in rest]
    else:
        places = list(combinations(range(runs), smaller))
    return _chosen(np.array(places, dtype=np.int64), runs)


@lru_cache(maxsize=8)
def _sampled(smaller: int, runs: int, draws: int, seed: int) -> Bools:
    stream = RandomStream(seed, f"splits/{smaller}/{runs}")
    order = np.argsort(stream.uniform((draws, runs)), axis=1, kind="stable")
    return _chosen(order[:, :smaller], runs)


def _chosen(places: NDArray[np.int64], runs: int) -> Bools:
    chosen = np.zeros((places.shape[0], runs), dtype=np.bool_)
    np.put_along_axis(chosen, places, values=True, axis=1)
    chosen.flags.writeable = False
    return chosen
