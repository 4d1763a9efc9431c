"""The minimum detectable effect: the change that a comparison of these runs would find four times in five.

A change is found if its statistic is above that of nearly all other divisions of the runs. Two things bound
them from below: what the other metrics reach by chance, and what the changed metric itself still reaches if
one run of each side is exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.statistics.max_t import MetricTable, PreparedTable, StepDownResult

Floats = NDArray[np.float64]

POWER: Final = 0.8
"""The probability of finding the minimum detectable effect."""

MAX_LOG_RATIO: Final = 700.0
"""The largest logarithm of a ratio; a double holds up to 709.78, in percent less."""

_HALVINGS: Final = 60
_LARGEST_STATISTIC: Final = 1e9


def critical_statistics(
    tables: Sequence[PreparedTable], results: Sequence[StepDownResult], alpha: float
) -> tuple[float | None, ...]:
    """The statistic that one more finding needs, for each table; None if no statistic is enough.

    Metrics that were found are left out: a step-down test has done with them.
    """
    maxima = [
        table.other_maxima(result.p_adjusted > alpha) for table, result in zip(tables, results, strict=True)
    ]
    return tuple(
        _critical(place, maxima, [table.splits.number for table in tables], alpha)
        for place in range(len(tables))
    )


def _critical(place: int, maxima: Sequence[Floats], splits: Sequence[int], alpha: float) -> float | None:
    """The smallest statistic, to a relative error of a billionth, whose adjusted p-value is at most alpha."""

    def p_adjusted(statistic: float) -> float:
        reached = [
            (each.size - np.searchsorted(each, statistic) + (index == place)) / number
            for index, (each, number) in enumerate(zip(maxima, splits, strict=True))
        ]
        return 1 - math.prod(1 - share for share in reached)

    low, high = 0.0, _LARGEST_STATISTIC
    if p_adjusted(high) > alpha:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if p_adjusted(middle) <= alpha else (middle, high)
    return high


@lru_cache(maxsize=64)
def own_critical_statistic(base: int, head: int, alpha: float, draws: int) -> float | None:
    """The statistic, without a variance floor, that a large change needs to exceed its own exchanged runs.

    Returns:
        None if these numbers of runs cannot show anything.
    """
    in_base = np.arange(base + head) < base
    table = MetricTable(
        values=in_base[None, :].astype(np.float64),
        in_base=in_base,
        kind=np.zeros(1, dtype=np.int64),
        floor_scale=np.zeros(1),
    )
    prepared = PreparedTable.of(table, draws=draws, seed=0)
    return _critical(0, [prepared.other_maxima(np.ones(1, dtype=np.bool_))], [prepared.splits.number], alpha)
