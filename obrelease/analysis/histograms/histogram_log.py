"""Histogram logs of many intervals: each one a histogram, and all of them merged into one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from obrelease.analysis.histograms.histogram import (
    HIGHEST_NS,
    LOG_HEADER,
    LOWEST_NS,
    SIGNIFICANT_DIGITS,
    EncodedHistogram,
    Histogram,
    decode,
    interval_lines,
    log_bytes,
)


def decode_intervals(hlog: bytes, *, name: str = "latency.hlog") -> tuple[Histogram, ...]:
    """Decode every interval of an `.hlog` file, in the order of the log; tags are ignored.

    Raises:
        InvalidInput: not an HdrHistogram V2 log, without any interval, or out of proportion.
    """
    lines = interval_lines(hlog, name=name)
    if len(lines) == 1:
        return (decode(hlog, name=name),)
    return tuple(
        decode(f"{LOG_HEADER}\n{line}\n".encode("ascii"), name=f"{name}: interval {number}")
        for number, line in enumerate(lines, start=1)
    )


def significant_digits(hlog: bytes) -> int:
    """The coarsest precision among the intervals of a log that `decode_intervals` has read."""
    lines = interval_lines(hlog, name="latency.hlog")
    return min(int(HdrHistogram.decode(line.rsplit(",", 1)[1]).significant_figures) for line in lines)


def merge(histograms: Sequence[Histogram]) -> Histogram:
    """All values of all histograms in one; buckets that end alike become one bucket."""
    if len(histograms) == 1:
        return histograms[0]
    upper = np.concatenate([histogram.upper_ns for histogram in histograms])
    lower = np.concatenate([histogram.lower_ns for histogram in histograms])
    counts = np.concatenate([histogram.counts for histogram in histograms])
    order = np.argsort(upper, kind="stable")
    ends, first = np.unique(upper[order], return_index=True)
    if not ends.size:
        return Histogram(lower, upper, counts)
    return Histogram(np.minimum.reduceat(lower[order], first), ends, np.add.reduceat(counts[order], first))


def encode_merged(histograms: Sequence[Histogram], *, scale: int = 1) -> EncodedHistogram:
    """One histogram log of all values, each bucket's middle times `scale` counted once for each value.

    Three significant digits are kept, as in the histograms that this program writes itself.
    """
    whole = merge(histograms)
    target = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    middles = (whole.lower_ns + ((whole.upper_ns - whole.lower_ns) >> 1)).tolist()
    lost = sum(
        count
        for middle, count in zip(middles, whole.counts.tolist(), strict=True)
        if not target.record_value(middle * scale, count)
    )
    return EncodedHistogram(log_bytes(target), whole.count - lost, lost)
