"""The figures of one series of samples that a comparison tests: location, tail and spread."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Final

import numpy as np

MIN_VALUES_BEYOND: Final = 10
"""A percentile is tested if every run has this many samples beyond it."""

TAIL_PERCENTS: Final = (90, 99)
MIN_SPREAD_SAMPLES: Final = 8
"""Samples from which a spread is computed."""

LOCATION: Final = "location"
SPREAD: Final = "spread"
SPREAD_OF_SUMMARY: Final = "spread-of-summary"
"""The standard deviation that a tool computed, as a share of the figure that is compared."""

_SORTED_BY_NUMPY_FROM: Final = 512


def sample_figures(samples: Sequence[float]) -> dict[str, float]:
    """The median, `p90` and `p99` where enough samples are beyond them, and the spread.

    The median is the lower middle value. The spread is the mean distance of a sample from the median, as a
    share of the median; it is left out if the median is 0.
    """
    count = len(samples)
    if count == 0:
        return {}
    if count < MIN_SPREAD_SAMPLES:
        return {LOCATION: median_low(samples)}
    if count >= _SORTED_BY_NUMPY_FROM:
        array = np.array(samples, dtype=np.float64)
        array.sort()
        median = float(array[(count - 1) // 2])
        figures = {LOCATION: median}
        figures |= {f"p{p}": float(array[_rank(count, p)]) for p in TAIL_PERCENTS if _enough(count, p)}
        distance = float(np.abs(array - median).mean())
    else:
        ordered = sorted(samples)
        median = ordered[(count - 1) // 2]
        figures = {LOCATION: median}
        figures |= {f"p{p}": ordered[_rank(count, p)] for p in TAIL_PERCENTS if _enough(count, p)}
        distance = math.fsum(abs(value - median) for value in ordered) / count
    if median != 0:
        figures[SPREAD] = distance / abs(median)
    return figures


def summary_figures(value: float, count: int | None, figures: Mapping[str, float]) -> dict[str, float]:
    """The same from a summary: what the tool computed, where it says that there were enough samples."""
    found = {LOCATION: value}
    if count is None:
        return found
    found |= {f"p{p}": figures[f"p{p}"] for p in TAIL_PERCENTS if f"p{p}" in figures and _enough(count, p)}
    if count >= MIN_SPREAD_SAMPLES and value != 0 and "stddev" in figures:
        found[SPREAD_OF_SUMMARY] = figures["stddev"] / abs(value)
    return found


def _enough(count: int, percent: int) -> bool:
    return count * (100 - percent) >= 100 * MIN_VALUES_BEYOND


def _rank(count: int, percent: int) -> int:
    """The place, in ascending order, of the smallest value that `percent` of all do not exceed."""
    return -(-count * percent // 100) - 1
