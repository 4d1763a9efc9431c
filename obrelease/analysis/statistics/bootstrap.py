"""The hierarchical bootstrap: runs are drawn again, and in each the passes or intervals it is made of.

A. Davison and D. Hinkley, "Bootstrap methods and their application", 1997, section 3.8. Drawing with
replacement at both levels counts the scatter inside a run twice: intervals err on the wide side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.statistics.random_stream import Chance

Floats = NDArray[np.float64]

INNER_DRAWS: Final = 100
"""How many times each run is made again from its passes or intervals."""

_MOST_DIFFERENCES: Final = 2_000_000


def passes_again(samples: Sequence[float], chance: Chance) -> Floats:
    """The median of the samples drawn again, float64 [INNER_DRAWS, 1]; the log of it."""
    values = np.log(np.array(samples, dtype=np.float64))
    picks = chance.below(values.size, (INNER_DRAWS, values.size))
    return np.asarray(np.median(values[picks], axis=1))[:, None]


def intervals_again(histograms: Sequence[Histogram], quantiles: Sequence[float], chance: Chance) -> Floats:
    """Log quantiles of the intervals drawn again, float64 [INNER_DRAWS, quantiles].

    One interval gives the same quantiles each time: then only the runs differ.
    """
    if len(histograms) == 1:
        return np.repeat(log_quantiles(histograms[0], quantiles)[None, :], INNER_DRAWS, axis=0)
    whole = merge(histograms)
    table = np.zeros((len(histograms), whole.upper_ns.size), dtype=np.int64)
    for row, histogram in zip(table, histograms, strict=True):
        row[np.searchsorted(whole.upper_ns, histogram.upper_ns)] = histogram.counts
    picks = chance.below(len(histograms), (INNER_DRAWS, len(histograms)))
    drawn = np.empty((INNER_DRAWS, len(quantiles)))
    for number, chosen in enumerate(picks):
        weights = np.bincount(chosen, minlength=len(histograms))
        again = Histogram(whole.lower_ns, whole.upper_ns, weights @ table)
        drawn[number] = log_quantiles(again, quantiles)
    return drawn


def log_quantiles(histogram: Histogram, quantiles: Sequence[float]) -> Floats:
    """The log of each quantile in nanoseconds (0 counts as 1), float64 [quantiles]."""
    values = [max(histogram.percentile_ns(100 * quantile), 1) for quantile in quantiles]
    return np.log(np.array(values, dtype=np.float64))


def shift(first: Floats, second: Floats) -> Floats:
    """Median of all differences between the runs of two sides, along the second last axis.

    J. Hodges and E. Lehmann, "Estimates of location based on rank tests", 1963: the estimator that
    belongs to the Mann-Whitney test; one wild run does not move it.

    Args:
        first: float64 [..., runs, quantiles], and `second` with runs of its own.

    Returns:
        float64 [..., quantiles].
    """
    differences = second[..., :, None, :] - first[..., None, :, :]
    pairs = differences.reshape(*differences.shape[:-3], -1, differences.shape[-1])
    return np.asarray(np.median(np.moveaxis(pairs, -2, -1), axis=-1))


def shifts_again(first: Floats, second: Floats, *, resamples: int, chance: Chance) -> Floats:
    """Shifts of both sides drawn again, float64 [resamples, quantiles].

    Args:
        first, second: float64 [runs, INNER_DRAWS, quantiles], log values.
    """
    pairs = first.shape[0] * second.shape[0] * first.shape[2]
    step = max(1, _MOST_DIFFERENCES // pairs)
    parts = [
        shift(_again(first, count, chance), _again(second, count, chance))
        for start in range(0, resamples, step)
        if (count := min(step, resamples - start))
    ]
    return np.concatenate(parts)


def _again(side: Floats, count: int, chance: Chance) -> Floats:
    runs = side.shape[0]
    return np.asarray(side[chance.below(runs, (count, runs)), chance.below(side.shape[1], (count, runs))])
