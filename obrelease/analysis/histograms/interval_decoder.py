"""Decoding of one HdrHistogram into its buckets that are not empty, whatever range it claims.

The decoder of `hdrhistogram` reads V2 alone, and fills a counter for every bucket of the range: 48 MB for a
payload of 30 bytes. Here V0 and V1 are read as well, and memory depends on the bytes of the payload alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.interval_payload import Payload, log_error, unpack
from obrelease.storage.limits import Resource, charge

MAX_V2_LOG_BYTES: Final = 64 * 2**20
"""The maximum payload of all V2 intervals of a log: one a second for a day has some 30 MB."""

MAX_WORDS_LOG_BYTES: Final = 2 * 2**30
"""The maximum payload of all V0 and V1 intervals of a log, which hold a word for every bucket."""

MAX_LOG_BUCKETS: Final = 4_000_000
"""The maximum number of buckets that are not empty in all intervals of a log."""

MAX_DIGITS: Final = 5

_WORDS_AT_ONCE: Final = 2**18
_MAX_WORD_BYTES: Final = 8
"""A longer count is beyond 2**53 in any case."""
_BEYOND: Final = "its counts are beyond 2**53"
_TOO_MANY: Final = "the histogram does not decode: it has more counts than its range"


class IntervalDecoder:
    """Decodes the intervals of one log, with bounds on their sum.

    Attributes:
        significant_digits: the coarsest precision so far; 5 before the first interval.
    """

    def __init__(self) -> None:
        self.significant_digits = MAX_DIGITS
        self._v2_bytes = 0
        self._words_bytes = 0
        self._buckets = 0

    def decode(self, blob: str, name: str) -> Histogram:
        """Decode the base64 text of one interval.

        Raises:
            InvalidInput: not a V0, V1 or V2 histogram, or the log exceeds its bounds with this interval.
        """
        payload = unpack(blob, name)
        self._count_payload(payload, name)
        digits, lowest, highest = payload.digits, payload.lowest, payload.highest
        if not (1 <= digits <= MAX_DIGITS and 1 <= lowest < 2**31 and 2 * lowest <= highest < 2**63):
            raise log_error(name, "its range or precision is not one that HdrHistogram knows")
        self.significant_digits = min(self.significant_digits, digits)
        scale = _Scale.of(digits, lowest, highest)
        found = []
        total = 0
        for index, counts in _filled(payload, scale, name):
            self._count_buckets(index.size, name)
            total += int(counts.sum())
            if total >= 2**53:
                raise log_error(name, _BEYOND)
            found.append((index, counts))
        if not found:
            return scale.histogram(np.zeros(0, np.int64), np.zeros(0, np.int64), name=name)
        return scale.histogram(*(np.concatenate(parts) for parts in zip(*found, strict=True)), name=name)

    def _count_payload(self, payload: Payload, name: str) -> None:
        charge(Resource.UNPACKED, payload.size, name)
        if payload.has_words:
            self._words_bytes += payload.size
        else:
            self._v2_bytes += payload.size
        if self._v2_bytes > MAX_V2_LOG_BYTES or self._words_bytes > MAX_WORDS_LOG_BYTES:
            raise log_error(name, f"more than {self._v2_bytes + self._words_bytes:,} bytes in all intervals")

    def _count_buckets(self, count: int, name: str) -> None:
        self._buckets += count
        charge(Resource.VALUES, count, name)
        if self._buckets > MAX_LOG_BUCKETS:
            raise log_error(name, f"more than {MAX_LOG_BUCKETS:,} buckets with values in all intervals")


@dataclass(frozen=True, slots=True)
class _Scale:
    """How the buckets of a histogram divide its range.

    Attributes:
        unit: log2 of the smallest distance between two values.
        half_magnitude: log2 of half the number of buckets of equal width.
        buckets: how many buckets the range has.
    """

    unit: int
    half_magnitude: int
    buckets: int

    @classmethod
    def of(cls, digits: int, lowest: int, highest: int) -> _Scale:
        unit = lowest.bit_length() - 1
        half_magnitude = (2 * 10**digits - 1).bit_length() - 1
        doublings, beyond = 1, 2 << half_magnitude << unit
        while beyond <= highest:
            doublings, beyond = doublings + 1, beyond << 1
        return cls(unit, half_magnitude, (doublings + 1) << half_magnitude)

    def histogram(self, index: NDArray[np.int64], counts: NDArray[np.int64], *, name: str) -> Histogram:
        half = 1 << self.half_magnitude
        last = int(index[-1]) if index.size else 0
        if half * 2 << max((last >> self.half_magnitude) - 1, 0) + self.unit > 2**62:
            raise log_error(name, "a value is beyond 2**62")
        bucket = np.maximum((index >> self.half_magnitude) - 1, 0)
        lower = np.where(index < half, index, ((index & (half - 1)) + half) << bucket) << self.unit
        width = np.int64(1) << (bucket + self.unit)
        return Histogram(lower, lower + width - 1, counts)


def _filled(
    payload: Payload, scale: _Scale, name: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The indexes and counts of the buckets that are not empty, some thousands at once."""
    if payload.has_words:
        return _filled_words(payload, scale, name)
    return _filled_zigzag(payload.counts, scale, name)


def _filled_words(
    payload: Payload, scale: _Scale, name: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """As `_filled`, of V0 and V1: one big-endian word for each bucket."""
    words = payload.counts.view(f">i{payload.word_bytes}")
    filled = np.flatnonzero(words)
    if filled.size and int(filled[-1]) >= scale.buckets:
        raise log_error(name, _TOO_MANY)
    counts = words[filled].astype(np.int64)
    if counts.size and int(counts.min()) < 0:
        raise log_error(name, "a count is negative")
    if counts.size and int(counts.max()) >= 2**53:
        raise log_error(name, _BEYOND)
    yield filled, counts


def _filled_zigzag(
    data: NDArray[np.uint8], scale: _Scale, name: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """As `_filled`, of V2: variable-length integers, a negative one for a run of empty buckets."""
    ends = np.flatnonzero(data < 128)
    if data.size and (not ends.size or ends[-1] != data.size - 1):
        raise log_error(name, "the histogram does not decode: its last count is cut")
    start, position = 0, 0
    for first in range(0, ends.size, _WORDS_AT_ONCE):
        block_ends = ends[first : first + _WORDS_AT_ONCE]
        words = _zigzag_words(data, start, block_ends, name)
        start = int(block_ends[-1]) + 1
        steps = np.where(words < 0, -words, 1)
        if int(steps.max()) > scale.buckets:
            raise log_error(name, _TOO_MANY)
        after = np.cumsum(steps) + position
        position = int(after[-1])
        if position > scale.buckets:
            raise log_error(name, _TOO_MANY)
        filled = np.flatnonzero(words > 0)
        yield after[filled] - 1, words[filled]


def _zigzag_words(
    data: NDArray[np.uint8], start: int, ends: NDArray[np.int64], name: str
) -> NDArray[np.int64]:
    """Signed integers of 7 bits a byte, the lowest first; `ends` are their last bytes."""
    starts = np.concatenate(([start], ends[:-1] + 1))
    lengths = ends - starts + 1
    longest = int(lengths.max())
    if longest > _MAX_WORD_BYTES:
        raise log_error(name, _BEYOND)
    words = np.zeros(ends.size, dtype=np.int64)
    for place in range(longest):
        rows = np.flatnonzero(lengths > place)
        words[rows] |= (data[starts[rows] + place] & 0x7F).astype(np.int64) << (7 * place)
    return (words >> 1) ^ -(words & 1)
