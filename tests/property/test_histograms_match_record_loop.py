"""Properties of the latency histogram, with the library's own record loop as the oracle."""

from __future__ import annotations

import io

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]
from hdrh.log import HistogramLogReader  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import (
    HIGHEST_NS,
    LOWEST_NS,
    SIGNIFICANT_DIGITS,
    encode,
    percentile_csv,
    summary_of,
)
from obrelease.analysis.histograms.histogram_log import decode

_EDGES = [0, 1, 2047, 2048, 2049, 65_535, 65_536, 65_537, HIGHEST_NS, 2048 * 2**31 - 1, 2048 * 2**31]
_LATENCIES = st.one_of(
    st.integers(0, 5_000),
    st.integers(0, 10_000_000),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(_EDGES),
)


def _array(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _recorded(values: list[int]) -> tuple[HdrHistogram, int]:
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    refused = sum(not histogram.record_value(value) for value in values)
    return histogram, refused


@settings(max_examples=60, deadline=None)
@given(st.lists(_LATENCIES, max_size=200))
def test_bytes_equal_a_record_loop(values: list[int]) -> None:
    """ "`numpy.bincount` into its counts [gives] identical bytes"; out-of-range values are counted."""
    oracle, refused = _recorded(values)
    made = encode(_array(values))
    assert made.hlog.splitlines()[-1].rsplit(b",", 1)[1] == oracle.encode()
    assert made.out_of_range == refused
    assert made.count == oracle.get_total_count()


@settings(max_examples=40, deadline=None)
@given(st.lists(_LATENCIES.filter(lambda v: v >= 0), min_size=1, max_size=200), st.floats(0.001, 100.0))
def test_percentiles_equal_the_library(values: list[int], percentile: float) -> None:
    """The decoded counts answer every percentile as the library does."""
    blob = encode(_array(values))
    oracle = HdrHistogram.decode(blob.hlog.splitlines()[-1].rsplit(b",", 1)[1])
    ours = decode(blob.hlog)
    assert ours.percentile_ns(percentile) == oracle.get_value_at_percentile(percentile)
    figures = summary_of(ours)
    assert figures.count == oracle.get_total_count()
    if blob.count:
        assert figures.max_ns == (oracle.get_max_value() if figures.max_ns else 0)
        assert figures.mean_ns == oracle.get_mean_value()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, HIGHEST_NS), min_size=1, max_size=200))
def test_no_value_is_off_by_more_than_a_thousandth(values: list[int]) -> None:
    """Three significant digits: "worst error 0.07 %" (a bucket is never wider than a thousandth)."""
    decoded = decode(encode(_array(values)).hlog)
    assert ((decoded.upper_ns - decoded.lower_ns) * 1000 <= decoded.upper_ns).all()
    for value in values:
        at = int(np.searchsorted(decoded.upper_ns, value))
        assert decoded.lower_ns[at] <= value <= decoded.upper_ns[at]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=50))
def test_the_field_s_own_log_reader_reads_it(values: list[int]) -> None:
    """The file is an HdrHistogram log: the library's reader finds one interval with every value."""
    reader = HistogramLogReader("/dev/null", None)
    reader.input_file.close()
    reader.input_file = io.StringIO(encode(_array(values)).hlog.decode("ascii"))
    interval = reader.get_next_interval_histogram()
    assert interval.get_total_count() == len(values)
    assert reader.get_next_interval_histogram() is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 10_000_000), max_size=100))
def test_the_percentile_curve_ends_at_a_hundred(values: list[int]) -> None:
    """The curve's last row holds all values; its columns ascend."""
    text = percentile_csv(decode(encode(_array(values)).hlog)).decode("ascii")
    rows = [[float(cell) for cell in line.split(",")] for line in text.splitlines()[1:]]
    assert rows == sorted(rows)
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    if values:
        assert rows[-1] == [100.0, decode(encode(_array(values)).hlog).upper_ns[-1], len(values)]
    else:
        assert rows == []
