"""Seeded random numbers: a named stream of a seed gives the same numbers on every platform.

SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014) as a
counter, so that a block of any size is one NumPy expression, and no release of a library changes the numbers.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.storage.hashing import digest_bytes

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_MASK: Final = 2**64 - 1


class RandomStream:
    """An endless stream of random numbers; each call advances it."""

    __slots__ = ("_drawn", "_start")

    def __init__(self, seed: int, stream: str = "") -> None:
        """Start the stream called `stream` of `seed`; streams of two names are independent."""
        name = digest_bytes(f"{seed & _MASK}/{stream}".encode())
        self._start = np.uint64(int(name[:16], 16))
        self._drawn = 0

    def bits(self, count: int) -> NDArray[np.uint64]:
        """uint64 [count], each bit fair."""
        steps = np.arange(self._drawn + 1, self._drawn + count + 1, dtype=np.uint64)
        self._drawn += count
        mixed = self._start + steps * _GAMMA
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))

    def integers(self, bound: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """int64 of `shape`, uniform from 0 to `bound - 1`; the bias is below `bound / 2**32`."""
        high = self.bits(math.prod(shape)) >> np.uint64(32)
        return ((high * np.uint64(bound)) >> np.uint64(32)).astype(np.int64).reshape(shape)

    def uniform(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """float64 of `shape`, uniform strictly between 0 and 1."""
        draws = (self.bits(math.prod(shape)) >> np.uint64(11)).astype(np.float64)
        return ((draws + 0.5) / 2.0**53).reshape(shape)

    def normal(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """float64 of `shape`, standard normal (G. Box and M. Muller, 1958)."""
        count = math.prod(shape)
        half = (count + 1) // 2
        radius = np.sqrt(-2.0 * np.log(self.uniform((half,))))
        angle = 2.0 * np.pi * self.uniform((half,))
        both = np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))
        return both[:count].reshape(shape)
