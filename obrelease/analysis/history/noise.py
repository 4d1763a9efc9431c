"""The noise of a series: its variance and the correlation of neighbours, unmoved by steps and spikes.

Both come from differences of points one, two and three apart, which a step changes in three places only.
The model is an autoregressive process of first order: `E[(y[t+k] - y[t])**2] / 2 = v * (1 - c**k)`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from obrelease.analysis.statistics.exact_log import Floats

MAX_CORRELATION: Final = 0.9
"""Noise that is more correlated looks like a drift."""

_ERROR_OF_CORRELATION: Final = 1.1
"""Standard error of the correlation times the square root of the count, for correlations up to 0.5."""

_MOST_CAUTION: Final = 0.7
_MOSTLY: Final = 0.9
_STEPS: Final = 2
"""Steps that the noise of a short series is safe from."""

_CLIP_SDS: Final = 3.5
_CROSSING_SDS: Final = 3.0
"""A lower one finds more steps in short series, and mistakes more correlated noise for them."""

_SPIKE_SDS: Final = 3.0
_HALF_WINDOW: Final = 7


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise around a level.

    Attributes:
        variance: of one point, in squared units of the series.
        correlation: of neighbours, from 0 to `MAX_CORRELATION`.
    """

    variance: float
    correlation: float

    @property
    def sd(self) -> float:
        """The standard deviation of one point."""
        return math.sqrt(self.variance)

    @property
    def long_run_variance(self) -> float:
        """What the variance of a mean of n points tends to, times n."""
        return self.variance * (1 + self.correlation) / (1 - self.correlation)

    def variance_of_mean(self, count: int) -> float:
        """The variance of the mean of `count` points in a row."""
        c = self.correlation
        if c == 0:
            return self.variance / count
        waning = sum((1 - lag / count) * c**lag for lag in range(1, min(count, 400)))
        return self.variance * (1 + 2 * waning) / count


def estimate_noise(values: Floats, *, least_sd: float) -> Noise:
    """Estimate the noise of a series of at least five points whose spikes are tamed.

    Args:
        least_sd: a floor for the standard deviation: what a measurement cannot resolve.
    """
    halves = [_half_square(values[lag:] - values[:-lag], most_crossing=_STEPS * lag) for lag in (1, 2, 3)]
    if halves[0] <= 0:
        return Noise(least_sd**2, 0.0)
    second, third = halves[1] / halves[0], halves[2] / halves[0]
    by_two = second - 1
    by_three = (math.sqrt(max(0.0, 4 * third - 3)) - 1) / 2
    correlation = _cautious((by_two + by_three) / 2, values.size)
    return Noise(max(halves[0] / (1 - correlation), least_sd**2), correlation)


def _cautious(correlation: float, count: int) -> float:
    """An estimate moved down where it may well be zero, and up where it is surely not.

    Noise that is more correlated than assumed looks like steps; its estimate scatters with the square
    root of the count.
    """
    error = _ERROR_OF_CORRELATION / math.sqrt(count)
    moved = correlation + error * min(max(correlation / error - 1, -1.0), _MOST_CAUTION)
    return min(max(moved, 0.0), MAX_CORRELATION)


def tame_spikes(values: Floats) -> Floats:
    """The series with points that lie far from the running median moved to three standard deviations."""
    middle = running_median(values, _HALF_WINDOW)
    rest = values - middle
    reach = _SPIKE_SDS * _spread(rest)
    return np.asarray(np.clip(values, middle - reach, middle + reach))


def running_median(values: Floats, half_window: int) -> Floats:
    """The median of each point and `half_window` neighbours on either side; ends are mirrored."""
    half = min(half_window, values.size - 1)
    mirrored = np.concatenate((values[half:0:-1], values, values[-2 : -half - 2 : -1]))
    return np.asarray(np.median(sliding_window_view(mirrored, 2 * half + 1), axis=1))


def _half_square(differences: Floats, *, most_crossing: int) -> float:
    """Half the mean square of differences; a few large ones cross a step, and are no noise.

    In a long series the steps are few among many: large differences are moved to the reach. In a short one
    as many as `most_crossing` are left out; more than that are noise, and count.
    """
    if most_crossing > (1 - _MOSTLY) * differences.size:
        inner = max(0.5, 1 - (most_crossing + 0.5) / differences.size)
        within = np.abs(differences) <= _CROSSING_SDS * _spread(differences, mostly=inner)
        if differences.size - np.count_nonzero(within) <= most_crossing:
            differences = differences[within]
    reach = _CLIP_SDS * _spread(differences)
    clipped = np.clip(differences, -reach, reach)
    return math.fsum(clipped * clipped) / (2 * differences.size)


def _spread(values: Floats, mostly: float = _MOSTLY) -> float:
    """A standard deviation by the deviation that 90 % of the values stay within, or another share.

    Up to a tenth of the values may be spikes. A second mode, or whole ticks of a clock, are noise and count.
    """
    deviations = np.abs(values - np.median(values))
    sds = round(NormalDist().inv_cdf((1 + mostly) / 2), 6)
    return float(np.quantile(deviations, mostly, method="lower")) / sds
