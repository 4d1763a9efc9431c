"""Histogram logs: their intervals decoded one by one, and merged into one histogram while they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from obrelease.analysis.histograms.histogram import (
    HIGHEST_NS,
    LOG_HEADER,
    LOWEST_NS,
    SIGNIFICANT_DIGITS,
    EncodedHistogram,
    Histogram,
    log_bytes,
)
from obrelease.analysis.histograms.interval_decoder import IntervalDecoder
from obrelease.analysis.histograms.interval_payload import log_error
from obrelease.storage.limits import parsing

MAX_INTERVALS: Final = 10_000
MAX_HLOG_BYTES: Final = 8 * 2**20

_INTERVAL: Final = re.compile(
    r"(?:Tag=[^,\s]{0,255},)?(\d+(?:\.\d+)?),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?),(\S+)", re.ASCII
)
_BUCKETS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class MergedLog:
    """All values of a log, and the coarsest precision among its intervals in decimal digits."""

    histogram: Histogram
    significant_digits: int


def interval_lines(hlog: bytes, *, name: str) -> tuple[str, ...]:
    """The lines of a log that hold a histogram: no comments, no column titles.

    Raises:
        InvalidInput: no such line, too many of them, too large, or not ASCII.
    """
    if len(hlog) > MAX_HLOG_BYTES:
        raise log_error(name, f"{len(hlog):,} bytes, more than a histogram log may have")
    try:
        text = hlog.decode("ascii")
    except UnicodeDecodeError as error:
        raise log_error(name, f"byte {error.start} is not ASCII: not a histogram log") from error
    lines = tuple(line for line in text.splitlines() if line and not line.startswith(("#", '"')))
    if not 1 <= len(lines) <= MAX_INTERVALS:
        raise log_error(name, f"{len(lines):,} intervals, where 1 to {MAX_INTERVALS:,} are read")
    return lines


def decode(hlog: bytes, *, name: str = "latency.hlog") -> Histogram:
    """Decode the one interval of an `.hlog` file; `name` is what errors call it.

    Raises:
        InvalidInput: not an HdrHistogram V2 log of one interval, or one that is out of proportion.
    """
    found = decode_intervals(hlog, name=name)
    if len(found) != 1:
        raise log_error(name, f"{len(found)} intervals where one is expected")
    return found[0]


def decode_intervals(hlog: bytes, *, name: str = "latency.hlog") -> tuple[Histogram, ...]:
    """Decode every interval of an `.hlog` file, in the order of the log; tags are ignored.

    Raises:
        InvalidInput: not an HdrHistogram V2 log, without any interval, or out of proportion.
    """
    with parsing(len(hlog), name):
        return tuple(_decoded(interval_lines(hlog, name=name), IntervalDecoder(), name))


def merge_lines(lines: Sequence[str], *, name: str) -> MergedLog:
    """Decode lines of a log and merge them while they are read; raises as `decode_intervals`."""
    decoder = IntervalDecoder()
    with parsing(sum(map(len, lines)), name):
        return MergedLog(merge(_decoded(lines, decoder, name)), decoder.significant_digits)


def read_merged(hlog: bytes, *, name: str) -> Histogram:
    """All values of a log in one histogram; raises as `decode_intervals`."""
    return merge_lines(interval_lines(hlog, name=name), name=name).histogram


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """All values of all histograms in one; buckets that end alike become one bucket."""
    pending: list[Histogram] = []
    buckets = merged = 0
    for histogram in histograms:
        pending.append(histogram)
        buckets += histogram.upper_ns.size
        if buckets > 2 * merged + _BUCKETS_AT_ONCE:
            pending = [_merge_all(pending)]
            buckets = merged = pending[0].upper_ns.size
    return _merge_all(pending)


def encode_merged(whole: Histogram, *, scale: int = 1) -> EncodedHistogram:
    """One histogram log of all values, each bucket's middle times `scale` counted once for each value.

    Three significant digits are kept, as in the histograms that this program writes itself.
    """
    target = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    middles = (whole.lower_ns + ((whole.upper_ns - whole.lower_ns) >> 1)).tolist()
    lost = sum(
        count
        for middle, count in zip(middles, whole.counts.tolist(), strict=True)
        if not target.record_value(middle * scale, count)
    )
    return EncodedHistogram(log_bytes(target), whole.count - lost, lost)


def encode_intervals(intervals: Sequence[Histogram], *, scale: int = 1) -> EncodedHistogram:
    """A log of one line for each interval, encoded as `encode_merged` does; their times are zero."""
    encoded = [encode_merged(interval, scale=scale) for interval in intervals]
    lines = [each.hlog.decode("ascii").rstrip("\n").rpartition("\n")[2] for each in encoded]
    return EncodedHistogram(
        "\n".join((LOG_HEADER, *lines, "")).encode("ascii"),
        sum(each.count for each in encoded),
        sum(each.out_of_range for each in encoded),
    )


def _decoded(lines: Sequence[str], decoder: IntervalDecoder, name: str) -> Iterator[Histogram]:
    for number, line in enumerate(lines, start=1):
        place = name if len(lines) == 1 else f"{name}: interval {number}"
        match = _INTERVAL.fullmatch(line)
        if match is None:
            raise log_error(place, "the interval line is not start,length,max,histogram")
        yield decoder.decode(match[4], place)


def _merge_all(histograms: Sequence[Histogram]) -> Histogram:
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
