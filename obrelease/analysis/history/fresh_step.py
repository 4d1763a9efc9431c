"""Fresh steps: the newest points against the level before them.

A partition needs many points to believe a step. The newest three to nine points are tested as one set
against up to sixty before them, with the variance that correlated noise gives to a mean of few points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.history.noise import Noise
from obrelease.analysis.statistics.exact_log import Floats

LEAST_NEW: Final = 3
MOST_NEW: Final = 9
MOST_BEFORE: Final = 60
LEAST_BEFORE: Final = 10

THRESHOLD: Final = 2.95
"""In standard errors, for the largest of the seven tests; `scripts/calibrate_history.py` measures it."""

POSSIBLE: Final = 2.4
"""From here on a step is possible, and more points would decide."""

_MOST_MORE: Final = 20
_REACH_SDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class FreshStep:
    """A level of the newest points that differs from the one before.

    Attributes:
        begin: index of the first new point.
        before: index of the first point of the level before.
        shift: difference of the means, spikes moved to three standard deviations.
        standard_errors: the size of the shift in standard errors.
        more_points: how many more points of the same level would reach the threshold; 0 if it is reached,
            None if not even twenty would.
    """

    begin: int
    before: int
    shift: float
    standard_errors: float
    more_points: int | None


def find_fresh_step(
    values: Floats, noise: Noise, *, start: int, allowed: NDArray[np.bool_] | None = None
) -> FreshStep | None:
    """The most significant fresh step, or None if the newest points agree with the level before.

    Args:
        values: float64 [n].
        start: index of the first point of the last segment.
        allowed: bool [n + 1], where a level may begin; everywhere if None.
    """
    tests = [
        _test(values, noise, begin, max(start, begin - MOST_BEFORE))
        for begin in range(values.size - LEAST_NEW, values.size - MOST_NEW - 1, -1)
        if begin - start >= LEAST_BEFORE and (allowed is None or allowed[begin])
    ]
    best = max(tests, key=lambda step: step.standard_errors, default=None)
    return best if best is not None and best.standard_errors >= POSSIBLE else None


def _test(values: Floats, noise: Noise, begin: int, before: int) -> FreshStep:
    reference, new = values[before:begin], values[begin:]
    middle = float(np.median(reference))
    reach = _REACH_SDS * noise.sd
    mean_before = math.fsum(np.clip(reference, middle - reach, middle + reach)) / reference.size
    mean_new = math.fsum(np.clip(new, middle - reach, middle + reach)) / new.size
    rest = noise.variance_of_mean(reference.size)
    shift = mean_new - mean_before
    size = abs(shift) / math.sqrt(noise.variance_of_mean(new.size) + rest)
    more = 0 if size >= THRESHOLD else _more_points(abs(shift), new.size, noise, rest)
    return FreshStep(begin, before, shift, size, more)


def _more_points(shift: float, count: int, noise: Noise, rest: float) -> int | None:
    for more in range(1, _MOST_MORE + 1):
        if shift >= THRESHOLD * math.sqrt(noise.variance_of_mean(count + more) + rest):
            return more
    return None
