"""A small generator for tests that must be the same every time: xorshift64*."""

from __future__ import annotations

_MASK = 2**64 - 1


class Prng:
    """Marsaglia's xorshift with Vigna's multiplier; the seed must not be 0."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, bound: int) -> int:
        """A number from 0 up to and without `bound`."""
        self._state ^= self._state >> 12
        self._state ^= (self._state << 25) & _MASK
        self._state ^= self._state >> 27
        return ((self._state * 2685821657736338717) & _MASK) % bound
