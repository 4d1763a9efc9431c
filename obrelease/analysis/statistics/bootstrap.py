"""The hierarchical bootstrap: resampled runs, and in each run resampled passes or intervals.

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
from obrelease.analysis.statistics.median import median_of_rows
from obrelease.analysis.statistics.random_stream import RandomStream

Floats = NDArray[np.float64]

INNER_DRAWS: Final = 100
"""How many times each run is resampled from its passes or intervals."""

_MAX_DIFFERENCES: Final = 2_000_000


def resample_passes(samples: Sequence[float], stream: RandomStream) -> Floats:
    """Logs of the median of resampled passes, float64 [INNER_DRAWS, 1]."""
    values = np.log(np.array(samples, dtype=np.float64))
    picks = stream.integers(values.size, (INNER_DRAWS, values.size))
    return median_of_rows(values[picks])[:, None]


def resample_intervals(
    histograms: Sequence[Histogram], quantiles: Sequence[float], stream: RandomStream
) -> Floats:
    """Log quantiles of resampled intervals, float64 [INNER_DRAWS, quantiles].

    One interval gives the same quantiles each time: then only the runs differ.
    """
    if len(histograms) == 1:
        return np.repeat(log_quantiles(histograms[0], quantiles)[None, :], INNER_DRAWS, axis=0)
    whole = merge(histograms)
    sizes = [histogram.upper_ns.size for histogram in histograms]
    interval = np.repeat(np.arange(len(histograms)), sizes)
    bucket = np.searchsorted(whole.upper_ns, np.concatenate([each.upper_ns for each in histograms]))
    counts = np.concatenate([each.counts for each in histograms])
    picks = stream.integers(len(histograms), (INNER_DRAWS, len(histograms)))
    drawn = np.empty((INNER_DRAWS, len(quantiles)))
    for number, chosen in enumerate(picks):
        weights = np.bincount(chosen, minlength=len(histograms))
        drawn_counts = np.bincount(bucket, weights[interval] * counts, minlength=whole.upper_ns.size)
        resampled = Histogram(whole.lower_ns, whole.upper_ns, drawn_counts.astype(np.int64))
        drawn[number] = log_quantiles(resampled, quantiles)
    return drawn


def log_quantiles(histogram: Histogram, quantiles: Sequence[float]) -> Floats:
    """The log of each quantile in nanoseconds (0 counts as 1), float64 [quantiles]."""
    values = [max(histogram.percentile_ns(100 * quantile), 1) for quantile in quantiles]
    return np.log(np.array(values, dtype=np.float64))


def shift(first: Floats, second: Floats) -> Floats:
    """Median of all differences between the runs of two sides, along the second last axis.

    J. Hodges and E. Lehmann, "Estimates of location based on rank tests", 1963: the estimator that
    belongs to the Mann-Whitney test; one wild run does not move it. The two middle differences are
    averaged, as its authors do, so that swapped sides give the negative.

    Args:
        first: float64 [..., runs, quantiles], and `second` with runs of its own.

    Returns:
        float64 [..., quantiles].
    """
    differences = second[..., :, None, :] - first[..., None, :, :]
    pairs = differences.reshape(*differences.shape[:-3], -1, differences.shape[-1])
    return np.asarray(np.median(np.moveaxis(pairs, -2, -1), axis=-1))


def resample_shifts(first: Floats, second: Floats, *, resamples: int, stream: RandomStream) -> Floats:
    """Shifts between resampled sides, float64 [resamples, quantiles].

    Args:
        first, second: float64 [runs, INNER_DRAWS, quantiles], log values.
    """
    pairs = first.shape[0] * second.shape[0] * first.shape[2]
    step = max(1, _MAX_DIFFERENCES // pairs)
    parts = [
        shift(_resample_runs(first, count, stream), _resample_runs(second, count, stream))
        for start in range(0, resamples, step)
        if (count := min(step, resamples - start))
    ]
    return np.concatenate(parts)


def _resample_runs(side: Floats, count: int, stream: RandomStream) -> Floats:
    runs = side.shape[0]
    return np.asarray(
        side[stream.integers(runs, (count, runs)), stream.integers(side.shape[1], (count, runs))]
    )
