"""Natural logarithm and exponential that give the same bits on every machine.

`numpy.log` and `numpy.exp` have one implementation for each instruction set, and they differ in the last
bit. The functions here use additions, multiplications and divisions alone, which IEEE 754 rounds exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
"""ln 2 in two parts; the low bits of the first are zero (fdlibm, e_log.c)."""

_LOG_TERMS: Final = 13
_EXP_TERMS: Final = 16


def exact_log(values: Floats) -> Floats:
    """The natural logarithm of positive finite values; the error is below 2 units in the last place."""
    mantissa, exponent = np.frexp(values)
    small = mantissa < np.sqrt(0.5)
    mantissa = np.where(small, mantissa * 2, mantissa)
    exponent = np.where(small, exponent - 1, exponent).astype(np.float64)
    ratio = (mantissa - 1) / (mantissa + 1)
    square = ratio * ratio
    series = np.zeros_like(square)
    for power in range(_LOG_TERMS, 0, -1):
        series = (series + 1 / (2 * power + 1)) * square
    return np.asarray(exponent * _LN2_HIGH + (2 * ratio * (1 + series) + exponent * _LN2_LOW))


def exact_exp(values: Floats) -> Floats:
    """The exponential of values between -700 and 700; the error is below 2 units in the last place."""
    power = np.rint(values / (_LN2_HIGH + _LN2_LOW))
    rest = (values - power * _LN2_HIGH) - power * _LN2_LOW
    series = np.ones_like(rest)
    for term in range(_EXP_TERMS, 0, -1):
        series = 1 + series * rest / term
    return np.asarray(np.ldexp(series, power.astype(np.int64)))
