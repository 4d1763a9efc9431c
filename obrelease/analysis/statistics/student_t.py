"""Quantiles of Student's t, also for degrees of freedom that are not whole.

The distribution function of whole degrees is a finite sum: M. Abramowitz and I. Stegun, "Handbook of
mathematical functions", 26.7.3 and 26.7.4. SciPy has it as well, and weighs 100 MB.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FREEDOMS: Final = (*range(1, 31), 40, 60, 120, 240)
_HALVINGS: Final = 60
_LARGEST: Final = 1e5


def t_quantiles(level: float, freedom: Floats) -> Floats:
    """The quantile at `level` (0.5 or more) for each number of degrees of freedom, 1 or more.

    Exact to 9 digits for whole degrees up to 30; interpolated in 1 / freedom elsewhere, where the quantile
    is convex: the result is a little too large, never too small.
    """
    quantiles = _table(level)
    inverse = np.array([1 / freedom for freedom in reversed(_FREEDOMS)])
    places = np.concatenate(([0.0], inverse))
    return np.asarray(np.interp(1 / np.maximum(freedom, 1.0), places, quantiles))


@lru_cache(maxsize=256)
def t_quantile(level: float, freedom: float) -> float:
    """The same for one number of degrees of freedom."""
    return float(t_quantiles(level, np.array([freedom]))[0])


def t_distribution(value: float, freedom: int) -> float:
    """The probability that t with whole degrees of freedom is at most `value`, 0 or more."""
    angle = math.atan2(value, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for step in range(2 if odd else 1, freedom - 2, 2):
        term *= cosine**2 * step / (step + 1)
        total += term
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + inside) / 2


@lru_cache(maxsize=16)
def _table(level: float) -> Floats:
    """Quantiles for infinite and for the `_FREEDOMS` in falling order."""
    known = [_bisected(level, freedom) for freedom in reversed(_FREEDOMS)]
    return np.array([NormalDist().inv_cdf(level), *known])


def _bisected(level: float, freedom: int) -> float:
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if t_distribution(middle, freedom) < level else (low, middle)
    return high
