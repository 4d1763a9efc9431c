"""Decoding of one HdrHistogram V2 payload into its buckets that are not empty, whatever range it claims.

The decoder of `hdrhistogram` fills a counter for every bucket of the range, 48 MB for a payload of 30 bytes.
Here memory depends on the bytes of the payload alone.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.errors import InvalidInput
from obrelease.storage.limits import Resource, charge

MAX_PAYLOAD_BYTES: Final = 4 * 2**20
"""More than any histogram of five digits needs; a larger one is a decompression bomb."""

MAX_LOG_PAYLOAD_BYTES: Final = 64 * 2**20
"""The maximum payload of all intervals of a log."""

MAX_LOG_BUCKETS: Final = 4_000_000
"""The maximum number of buckets that are not empty in all intervals of a log."""

_HEADER: Final = struct.Struct(">IIIIQQd")
_COMPRESSED_COOKIE: Final = 0x1C849304
_PLAIN_COOKIE: Final = 0x1C849303
_WORDS_AT_ONCE: Final = 2**18
_MAX_WORD_BYTES: Final = 8
"""A longer count is beyond 2**53 in any case."""
_BEYOND: Final = "its counts are beyond 2**53"


class IntervalDecoder:
    """Decodes the intervals of one log, with bounds on their sum.

    Attributes:
        significant_digits: the coarsest precision so far; 5 before the first interval.
    """

    def __init__(self) -> None:
        self.significant_digits = 5
        self._payload_bytes = 0
        self._buckets = 0

    def decode(self, blob: str, name: str) -> Histogram:
        """Decode the base64 text of one interval.

        Raises:
            InvalidInput: not a V2 histogram, or the log exceeds its bounds with this interval.
        """
        try:
            payload = self._inflate(base64.b64decode(blob, validate=True), name)
            *_, digits, lowest, highest, _ratio = _HEADER.unpack_from(payload)
        except (binascii.Error, struct.error, zlib.error) as error:
            raise log_error(name, f"the histogram does not decode: {error}") from error
        if not (1 <= digits <= 5 and 1 <= lowest < 2**31 and 2 * lowest <= highest < 2**62):
            raise log_error(name, "its range or precision is not one that HdrHistogram knows")
        self.significant_digits = min(self.significant_digits, digits)
        scale = _Scale.of(digits, lowest, highest)
        found = []
        total = 0
        for index, counts in _filled(np.frombuffer(payload, np.uint8, offset=_HEADER.size), scale, name):
            self._count_buckets(index.size, name)
            total += int(counts.sum())
            if total >= 2**53:
                raise log_error(name, _BEYOND)
            found.append((index, counts))
        if not found:
            return scale.histogram(np.zeros(0, np.int64), np.zeros(0, np.int64))
        return scale.histogram(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _inflate(self, data: bytes, name: str) -> bytes:
        cookie, length = struct.unpack_from(">II", data)
        if cookie & ~0xF0 != _COMPRESSED_COOKIE or length != len(data) - 8:
            raise log_error(name, "not a compressed V2 histogram")
        inflater = zlib.decompressobj()
        payload = inflater.decompress(data[8:], MAX_PAYLOAD_BYTES)
        if not inflater.eof or inflater.unused_data:
            raise log_error(name, "the compressed histogram is cut, too long or followed by other data")
        self._payload_bytes += len(payload)
        if self._payload_bytes > MAX_LOG_PAYLOAD_BYTES:
            raise log_error(name, f"more than {MAX_LOG_PAYLOAD_BYTES:,} bytes in all intervals")
        inner, size = struct.unpack_from(">II", payload)
        if inner & ~0xF0 != _PLAIN_COOKIE or size != len(payload) - _HEADER.size:
            raise log_error(name, "the histogram's inner header does not fit its data")
        return payload

    def _count_buckets(self, count: int, name: str) -> None:
        self._buckets += count
        charge(Resource.VALUES, count, name)
        if self._buckets > MAX_LOG_BUCKETS:
            raise log_error(name, f"more than {MAX_LOG_BUCKETS:,} buckets with values in all intervals")


def log_error(name: str, reason: str) -> InvalidInput:
    """The error about a histogram log."""
    return InvalidInput(f"{name}: {reason}", hint="the file must be an HdrHistogram V2 log")


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

    def histogram(self, index: NDArray[np.int64], counts: NDArray[np.int64]) -> Histogram:
        half = 1 << self.half_magnitude
        bucket = np.maximum((index >> self.half_magnitude) - 1, 0)
        lower = np.where(index < half, index, ((index & (half - 1)) + half) << bucket) << self.unit
        width = np.int64(1) << (bucket + self.unit)
        return Histogram(lower, lower + width - 1, counts)


def _filled(
    data: NDArray[np.uint8], scale: _Scale, name: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The indexes and counts of the buckets that are not empty, some thousands at once."""
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
            raise log_error(name, "the histogram does not decode: it has more counts than its range")
        after = np.cumsum(steps) + position
        position = int(after[-1])
        if position > scale.buckets:
            raise log_error(name, "the histogram does not decode: it has more counts than its range")
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
