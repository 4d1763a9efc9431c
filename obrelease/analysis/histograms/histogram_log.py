"""Histogram logs of many intervals: each one a histogram, and all of them merged into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from obrelease.analysis.histograms.histogram import (
    HIGHEST_NS,
    LOWEST_NS,
    MAX_HLOG_BYTES,
    SIGNIFICANT_DIGITS,
    EncodedHistogram,
    Histogram,
    decode,
)
from obrelease.errors import InvalidInput

MOST_INTERVALS: Final = 10_000

_LOG_HEAD: Final = "#[Histogram log format version 1.2]\n"


def decode_intervals(hlog: bytes, *, name: str = "latency.hlog") -> tuple[Histogram, ...]:
    """Decode every interval of an `.hlog` file, in the order of the log; tags are not told apart.

    Raises:
        InvalidInput: not an HdrHistogram V2 log, without any interval, or out of proportion.
    """
    lines = interval_lines(hlog, name=name)
    if len(lines) == 1:
        return (decode(hlog, name=name),)
    return tuple(
        decode(f"{_LOG_HEAD}{line}\n".encode("ascii"), name=f"{name}: interval {number}")
        for number, line in enumerate(lines, start=1)
    )


def interval_lines(hlog: bytes, *, name: str) -> tuple[str, ...]:
    """The lines of a log that hold a histogram: no comments, no legend.

    Raises:
        InvalidInput: no such line, too many of them, too large, or not ASCII.
    """
    if len(hlog) > MAX_HLOG_BYTES:
        raise InvalidInput(f"{name}: {len(hlog):,} bytes, more than a histogram log may have")
    try:
        text = hlog.decode("ascii")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name}: byte {error.start} is not ASCII: not a histogram log") from error
    lines = tuple(line for line in text.splitlines() if line and not line.startswith(("#", '"')))
    if not 1 <= len(lines) <= MOST_INTERVALS:
        raise InvalidInput(f"{name}: {len(lines):,} intervals, where 1 to {MOST_INTERVALS:,} are read")
    return lines


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
    lines = (
        _LOG_HEAD.strip(),
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        f"0.000000,0.000000,{target.get_max_value() / 1e6:.6f},{target.encode().decode('ascii')}",
    )
    return EncodedHistogram(("\n".join(lines) + "\n").encode("ascii"), whole.count - lost, lost)
