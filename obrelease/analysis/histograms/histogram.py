"""Latency histograms in HdrHistogram V2 form: their figures, and encoding of nanoseconds as `.hlog` bytes.

Format: HdrHistogram's log format 1.2 with one interval, its histogram in V2 compressed encoding
(github.com/HdrHistogram/HdrHistogram); the Java and JavaScript libraries read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]
from numpy.typing import NDArray

LOWEST_NS: Final = 1
HIGHEST_NS: Final = 3_600_000_000_000
SIGNIFICANT_DIGITS: Final = 3

LOG_HEADER: Final = "#[Histogram log format version 1.2]"

_FINE_LIMIT: Final = 2**16


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of latencies in buckets of equal relative width.

    Attributes:
        lower_ns, upper_ns: int64 [buckets], the minimum and the maximum of each bucket that is
            not empty, ascending, both inclusive.
        counts: int64 [buckets], how many values fell there.
    """

    lower_ns: NDArray[np.int64]
    upper_ns: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return int(self.counts.sum())

    def percentile_ns(self, percentile: float) -> int:
        """The greatest value of the bucket with the percentile, by HdrHistogram's rule; 0 if empty."""
        if not self.counts.size:
            return 0
        cumulative = np.cumsum(self.counts)
        target = max(int(min(percentile, 100.0) * int(cumulative[-1]) / 100 + 0.5), 1)
        return int(self.upper_ns[np.searchsorted(cumulative, target)])

    def mean_ns(self) -> float:
        """The mean of the buckets' middles, weighted by their counts; 0.0 if empty."""
        if not self.counts.size:
            return 0.0
        middles = self.lower_ns + ((self.upper_ns - self.lower_ns + 1) >> 1)
        return sum(int(m) * int(n) for m, n in zip(middles, self.counts, strict=True)) / self.count


@dataclass(frozen=True, slots=True)
class HistogramSummary:
    """The usual figures of a histogram, in nanoseconds."""

    count: int
    min_ns: int
    max_ns: int
    mean_ns: float
    p50_ns: int
    p90_ns: int
    p99_ns: int
    p999_ns: int
    p9999_ns: int


@dataclass(frozen=True, slots=True)
class EncodedHistogram:
    """An `.hlog` file's bytes, and how many values it holds or had to leave out."""

    hlog: bytes
    count: int
    out_of_range: int


def encode(latencies_ns: NDArray[np.int64]) -> EncodedHistogram:
    """Encode int64 [n] latencies; the bytes are those that recording them one by one would give.

    Negative values and those past the last bucket (about 1.2 hours) are counted as out of range.
    Equal input gives equal bytes under one build of zlib.
    """
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    capacity_ns = histogram.sub_bucket_count << (histogram.bucket_count - 1)
    values = np.ascontiguousarray(latencies_ns, dtype=np.int64)
    if values.size and values.min() >= 0 and values.max() < capacity_ns:
        in_range = values
    else:
        in_range = values[(values >= 0) & (values < capacity_ns)]
    if in_range.size:
        counts = _counts(in_range, histogram.sub_bucket_half_count_magnitude, histogram.counts_len)
        np.ctypeslib.as_array(histogram.counts)[:] = counts.astype(np.uint64)
        histogram.max_value = int(in_range.max())
        histogram.min_value = int(in_range.min())
        histogram.total_count = int(in_range.size)
    return EncodedHistogram(log_bytes(histogram), int(in_range.size), int(values.size - in_range.size))


def log_bytes(histogram: HdrHistogram) -> bytes:
    """A histogram as a log of one interval."""
    lines = (
        LOG_HEADER,
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        f"0.000000,0.000000,{histogram.get_max_value() / 1e6:.6f},{histogram.encode().decode('ascii')}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


MIN_VALUES_BEYOND: Final = 10
"""How many values beyond a percentile make it more than an accident of the last few."""


def enough_beyond(count: int, percentile: float) -> bool:
    """Whether at least `MIN_VALUES_BEYOND` of `count` values are beyond a percentile, 0 to 100."""
    return count * (100 - percentile) / 100 >= MIN_VALUES_BEYOND - 1e-6


def summary_of(histogram: Histogram) -> HistogramSummary:
    """The usual figures of a histogram; all zero if it is empty."""
    some = bool(histogram.counts.size)
    return HistogramSummary(
        count=histogram.count,
        min_ns=int(histogram.lower_ns[0]) if some else 0,
        max_ns=int(histogram.upper_ns[-1]) if some else 0,
        mean_ns=histogram.mean_ns(),
        p50_ns=histogram.percentile_ns(50.0),
        p90_ns=histogram.percentile_ns(90.0),
        p99_ns=histogram.percentile_ns(99.0),
        p999_ns=histogram.percentile_ns(99.9),
        p9999_ns=histogram.percentile_ns(99.99),
    )


def percentile_csv(histogram: Histogram) -> bytes:
    """The percentile curve as CSV: `percentile,latency_ns,cumulative_count`, ending at 100 %.

    Levels are those of HdrHistogram's percentile iterator: five to each halving of what remains.
    """
    rows = ["percentile,latency_ns,cumulative_count"]
    for percentile in _levels(histogram.count):
        latency_ns = histogram.percentile_ns(percentile)
        reached = int(histogram.counts[histogram.upper_ns <= latency_ns].sum())
        rows.append(f"{percentile:.9f},{latency_ns},{reached}")
    return ("\n".join(rows) + "\n").encode("ascii")


def _levels(count: int) -> list[float]:
    if not count:
        return []
    halvings = count.bit_length()
    return [100 * (1 - (1 - tick / 10) / 2**half) for half in range(halvings) for tick in range(5)] + [100.0]


def _counts(values: NDArray[np.int64], half_magnitude: int, length: int) -> NDArray[np.int64]:
    """Bucket counts of values in range: a plain count below 65,536 ns, an index each above."""
    clipped = np.minimum(values, _FINE_LIMIT)
    fine = np.bincount(clipped, minlength=_FINE_LIMIT + 1)
    fine_index = _indexes(np.arange(_FINE_LIMIT, dtype=np.int64), half_magnitude)
    counts = np.zeros(length, dtype=np.int64)
    np.add.at(counts, fine_index, fine[:_FINE_LIMIT])
    if fine[_FINE_LIMIT]:
        tail = values[clipped == _FINE_LIMIT]
        counts += np.bincount(_indexes(tail, half_magnitude), minlength=length)
    return counts


def _indexes(values: NDArray[np.int64], half_magnitude: int) -> NDArray[np.int64]:
    """HdrHistogram's counts index of each value, for a unit magnitude of 0."""
    mask = (2 << half_magnitude) - 1
    bit_length = np.frexp((values | mask).astype(np.float64))[1].astype(np.int64)
    bucket = bit_length - (half_magnitude + 1)
    return (bucket << half_magnitude) + (values >> bucket)
