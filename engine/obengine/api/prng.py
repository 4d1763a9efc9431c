"""SplitMix64 random numbers, identical on every machine and NumPy version.

SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014; constants of S. Vigna's public-domain `splitmix64.c`) is a function of a counter: its
k-th output is `mix(seed + (k + 1) * GAMMA)` modulo 2^64. So any part of a sequence can be drawn in
one vectorised step, in any order. NumPy's generators are not used because their streams may change
between versions.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

GAMMA: Final = 0x9E3779B97F4A7C15
MAX_SEED: Final = 2**64 - 1

_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_FRACTION: Final = 20
_LN2_Q32: Final = np.uint64(2_977_044_472)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


def splitmix64(seed: int, start: int, count: int) -> NDArray[np.uint64]:
    """Outputs `start` to `start + count - 1` (counted from 0) of SplitMix64.

    Raises:
        ValueError: `seed` is not a uint64, or `start` or `count` is negative.
    """
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"a seed is an integer from 0 to 2^64 - 1, not {seed}")
    if start < 0 or count < 0:
        raise ValueError(f"start and count must not be negative, not {start} and {count}")
    z = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    z *= np.uint64(GAMMA)
    z += np.uint64(seed)
    z ^= z >> _S30
    z *= _MIX_1
    z ^= z >> _S27
    z *= _MIX_2
    z ^= z >> _S31
    return z


def stream_seed(seed: int, stream: int) -> int:
    """The seed of a sub-sequence: output `stream` of SplitMix64 seeded by the first output of `seed`."""
    root = int(splitmix64(seed, 0, 1)[0])
    return int(splitmix64(root, stream, 1)[0])


def below(draws: NDArray[np.uint64], shift: int, bits: int, bound: int) -> NDArray[np.int64]:
    """Integers from 0 to `bound - 1` from bits `shift` to `shift + bits - 1` of each draw.

    Multiply and shift (D. Lemire, "Fast random integer generation in an interval", 2019) without
    the rejection step: one draw gives one integer, with a bias below `bound / 2**bits`.
    """
    if not 0 < bits <= 32 or not 0 < bound <= 2**32:
        raise ValueError("`bits` is from 1 to 32 and `bound` from 1 to 2^32")
    field = (draws >> np.uint64(shift)) & np.uint64(2**bits - 1)
    return ((field * np.uint64(bound)) >> np.uint64(bits)).astype(np.int64)


def exponential_q20(draws: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Exponential variates of mean 1 in units of 2^-20, one per draw: -ln of its upper 32 bits.

    The binary logarithm is computed bit by bit: squaring a mantissa in [1, 2) doubles its logarithm,
    and the next bit is 1 if the square reaches 2 (D. E. Knuth, TAOCP 1, 1.2.2, exercise 25). The
    platform's `log` is not used because its last bits differ between machines.
    """
    uniform = (draws >> np.uint64(32)) + np.uint64(1)
    exponent = np.frexp(uniform.astype(np.float64))[1] - 1
    mantissa = (uniform << (31 - np.minimum(exponent, 31)).astype(np.uint64)) >> (exponent > 31).astype(
        np.uint64
    )
    log2 = exponent.astype(np.uint64) << np.uint64(_FRACTION)
    for bit in range(_FRACTION - 1, -1, -1):
        mantissa = (mantissa * mantissa) >> np.uint64(31)
        carry = mantissa >> np.uint64(32)
        log2 |= carry << np.uint64(bit)
        mantissa >>= carry
    negative_log2 = np.uint64(32 << _FRACTION) - log2
    return ((negative_log2 * _LN2_Q32) >> np.uint64(32)).astype(np.int64)
