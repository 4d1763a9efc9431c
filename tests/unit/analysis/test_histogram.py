"""The `.hlog` file: its text lines, its counts, and the files that are refused."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import HIGHEST_NS, encode, summary_of
from obrelease.analysis.histograms.histogram_log import decode
from obrelease.errors import InvalidInput

GOOD = encode(np.arange(1, 1001, dtype=np.int64)).hlog
LEGEND = b'"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'


def from_armor(payload: bytes, *, cookie: int = 0x1C849314, length: int | None = None) -> bytes:
    squeezed = zlib.compress(payload)
    head = struct.pack(">II", cookie, len(squeezed) if length is None else length)
    return b"0.0,0.0,0.0," + base64.b64encode(head + squeezed) + b"\n"


def header(
    *, cookie: int = 0x1C849313, size: int = 0, digits: int = 3, lowest: int = 1, highest: int = 10**9
) -> bytes:
    return struct.pack(">IIIIQQd", cookie, size, 0, digits, lowest, highest, 1.0)


def test_interval_max_is_written_below_a_millisecond() -> None:
    lines = encode(np.array([900_000], dtype=np.int64)).hlog.decode("ascii").splitlines()
    assert lines[0] == "#[Histogram log format version 1.2]"
    assert lines[1].encode() + b"\n" == LEGEND
    assert lines[2].split(",")[:3] == ["0.000000", "0.000000", "0.900095"]


def test_figures_of_a_known_series() -> None:
    figures = summary_of(decode(GOOD))
    assert (figures.count, figures.min_ns, figures.max_ns) == (1000, 1, 1000)
    assert (figures.p50_ns, figures.p90_ns, figures.p99_ns, figures.p999_ns) == (500, 900, 990, 999)
    assert figures.p9999_ns == 1000
    assert figures.mean_ns == 500.5


def test_an_empty_histogram_has_zero_figures() -> None:
    made = encode(np.array([], dtype=np.int64))
    assert (made.count, made.out_of_range) == (0, 0)
    assert summary_of(decode(made.hlog)).max_ns == 0


def test_values_out_of_range_are_counted_not_lost() -> None:
    made = encode(np.array([-1, 5, HIGHEST_NS, 2**62, -(2**63)], dtype=np.int64))
    assert (made.count, made.out_of_range) == (2, 3)


def test_a_tagged_interval_is_read() -> None:
    *head, interval = GOOD.splitlines(keepends=True)
    assert decode(b"".join(head) + b"Tag=warm," + interval).count == 1000


@pytest.mark.parametrize(
    ("hlog", "reason"),
    [
        (b"", "0 intervals"),
        (LEGEND, "0 intervals"),
        (GOOD + GOOD.splitlines()[-1] + b"\n", "2 intervals"),
        (b"1,2,3\n", "start,length,max,histogram"),
        (b"0,0,0,@@@@\n", "does not decode"),
        (b"0,0,0,AAAA\n", "does not decode"),
        (b"\xff\xfe", "not ASCII"),
        (GOOD[:-40] + b"\n", "does"),
        (from_armor(header(), cookie=0x1C849301), "does not decode"),
        (from_armor(header(), length=7), "not a compressed V0, V1 or V2"),
        (from_armor(header(cookie=0x1C849301)), "inner header"),
        (from_armor(header(size=9)), "inner header"),
        (from_armor(b"short"), "does not decode"),
        (from_armor(header(digits=0)), "range or precision"),
        (from_armor(header(digits=6)), "range or precision"),
        (from_armor(header(lowest=0)), "range or precision"),
        (from_armor(header(lowest=5, highest=9)), "range or precision"),
        (from_armor(header(highest=2**63)), "range or precision"),
        (from_armor(header(size=2**23) + b"\0" * 2**23), "cut, too long"),
        (b"0" * (9 * 2**20), "more than a histogram log"),
    ],
)
def test_malformed_logs_are_refused_by_name(hlog: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        decode(hlog, name="run/latency.hlog")
    assert caught.value.message.startswith("run/latency.hlog: ")
    assert caught.value.hint


def test_every_cut_of_a_good_log_is_refused() -> None:
    body = GOOD.rstrip(b"\n")
    for length in range(len(body)):
        with pytest.raises(InvalidInput):
            decode(body[:length])
