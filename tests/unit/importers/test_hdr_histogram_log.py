"""HdrHistogram logs: encodings V0 to V2, tags under their own names, units, long logs, logs that are cut."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.errors import InvalidInput, UsageError
from obrelease.importers import hdr_histogram_log
from obrelease.importers.tool_run import ToolHistogram, ToolRun
from tests.tool_files import encoded_histogram, histogram_log, log_line, read_one, reasons

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"
VALUES = [1, 500, 1_000, 1_000, 70_000, 123_456_789]


def read(folder: Path, data: bytes, **options: Any) -> ToolRun:
    return read_one(folder, "hlog", data, name="run.hlog", **options)


def whole(histogram: ToolHistogram) -> Histogram:
    return merge(decode_intervals(histogram.log, name="x"))


def test_a_log_of_hdr_histogram_js(tmp_path: Path) -> None:
    run = read(tmp_path, (DATA / "hdr_histogram_js.hlog").read_bytes(), clock="response")
    assert [(each.tag, each.count, each.clock, each.significant_digits) for each in run.histograms] == [
        ("", 12_000, "response", 3),
        ("warm", 12_000, "response", 3),
    ]
    assert run.created_ns == 1_700_000_000 * 10**9
    assert [part.count for part in decode_intervals(run.histograms[0].log, name="x")] == [2_000] * 6


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(("version", "word_bytes"), [(0, 8), (0, 4), (0, 2), (1, 8), (1, 4), (1, 2), (2, 8)])
@pytest.mark.parametrize("digits", [2, 3])
def test_every_encoding_has_the_same_values(
    tmp_path: Path, version: int, word_bytes: int, compress: bool, digits: int
) -> None:
    blob = encoded_histogram(VALUES, version=version, word_bytes=word_bytes, compress=compress, digits=digits)
    (histogram,) = read(tmp_path, histogram_log(log_line(blob))).histograms
    assert (histogram.count, histogram.significant_digits) == (6, digits)
    found = whole(histogram)
    reference = merge(
        decode_intervals(histogram_log(log_line(encoded_histogram(VALUES, digits=digits))), name="x")
    )
    assert found.counts.tolist() == reference.counts.tolist()
    assert found.percentile_ns(50) == pytest.approx(1_000, rel=10.0**-digits)
    assert found.percentile_ns(100) == pytest.approx(123_456_789, rel=2 * 10.0**-digits)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(values=st.lists(st.integers(0, 2**40), min_size=1, max_size=30), version=st.integers(0, 2))
def test_values_of_any_size_are_within_their_precision(
    tmp_path: Path, values: list[int], version: int
) -> None:
    """Rule: whatever the encoding, each percentile is a value that was recorded, within three digits."""
    (histogram,) = read(
        tmp_path, histogram_log(log_line(encoded_histogram(values, version=version)))
    ).histograms
    found = whole(histogram)
    assert found.count == histogram.count + histogram.out_of_range == len(values)
    assert found.percentile_ns(100) == pytest.approx(max(values), rel=2e-3, abs=2)


@pytest.mark.parametrize(
    "tags",
    [
        ("READ", "read"),
        ("x" * 80 + "1", "x" * 80 + "2"),
        ("GET:/a", "GET-/a", "\u00e9crire"),
        ("", "latency"),
    ],
)
def test_each_tag_is_a_histogram_under_its_own_name(tmp_path: Path, tags: tuple[str, ...]) -> None:
    lines = [log_line(encoded_histogram([1_000 * (number + 1)]), tag=tag) for number, tag in enumerate(tags)]
    run = read(tmp_path, histogram_log(*lines))
    assert [each.tag for each in run.histograms] == list(tags)
    assert [whole(each).percentile_ns(50) for each in run.histograms] == [
        pytest.approx(1_000 * (number + 1), rel=1e-3) for number in range(len(tags))
    ]


@pytest.mark.parametrize(
    ("unit", "scale"), [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)]
)
def test_other_units_become_nanoseconds(tmp_path: Path, unit: str, scale: int) -> None:
    (histogram,) = read(tmp_path, histogram_log(log_line(encoded_histogram([3, 7]))), unit=unit).histograms
    assert whole(histogram).percentile_ns(100) == pytest.approx(7 * scale, rel=2e-3)


def test_values_beyond_an_hour_are_counted_as_out_of_range(tmp_path: Path) -> None:
    (histogram,) = read(
        tmp_path, histogram_log(log_line(encoded_histogram([1, 100_000]))), unit="s"
    ).histograms
    assert (histogram.count, histogram.out_of_range) == (1, 1)


def test_a_log_without_comments_and_with_windows_line_ends(tmp_path: Path) -> None:
    data = log_line(encoded_histogram([5]), start=1_441_812_279.474).replace("\n", " \r\n").encode()
    run = read(tmp_path, data)
    assert run.histograms[0].count == 1
    assert run.created_ns == 1_441_812_279_474_000_000


def test_the_start_of_the_log_and_its_writer(tmp_path: Path) -> None:
    data = b"#[Logged with jHiccup version 2.0.7]\n" + histogram_log(log_line(encoded_histogram([5])))
    run = read(tmp_path, data)
    assert run.created_ns == 1_767_225_600_250_000_000
    assert run.parameters == {"unit": "ns", "logged_with": "Logged with jHiccup version 2.0.7"}


def test_neighbours_of_a_long_log_are_merged_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdr_histogram_log, "KEPT_INTERVALS", 10)
    lines = [log_line(encoded_histogram([number + 1]), tag="a", start=number) for number in range(47)]
    run = read(tmp_path, histogram_log(*lines, log_line(encoded_histogram([9]))))
    long, short = run.histograms
    parts = decode_intervals(long.log, name="x")
    assert [part.count for part in parts] == [8, 8, 8, 8, 8, 7]
    assert whole(long).lower_ns.tolist() == list(range(1, 48))
    assert (long.count, short.count) == (47, 1)
    assert run.notes == ["a: each 8 intervals are merged into one"]


def test_an_hour_of_intervals(tmp_path: Path) -> None:
    blobs = [encoded_histogram(range(900 + number, 960 + number), version=0) for number in range(8)]
    lines = [log_line(blobs[number % 8], start=number) for number in range(3_600)]
    (histogram,) = read(tmp_path, histogram_log(*lines)).histograms
    assert histogram.count == 3_600 * 60


def test_a_last_line_that_is_cut_is_left_out(tmp_path: Path) -> None:
    good = log_line(encoded_histogram(VALUES))
    run = read(tmp_path, histogram_log(good) + good[:40].encode())
    assert run.histograms[0].count == len(VALUES)
    (reason,) = reasons(run).values()
    assert reason.startswith("the last interval is cut: ")


def test_an_empty_tag_is_named(tmp_path: Path) -> None:
    run = read(
        tmp_path, histogram_log(log_line(encoded_histogram([]), tag="idle"), log_line(encoded_histogram([1])))
    )
    assert reasons(run) == {"idle": "holds no value"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (histogram_log(), "holds no histogram with a value"),
        (histogram_log(log_line(encoded_histogram([]))), "holds no histogram with a value"),
        (b"nothing\n", r"run.hlog: line 1: is not \[Tag=TAG,\]start"),
        (histogram_log("1,2,3\n", log_line(encoded_histogram([1]))), "line 4: is not"),
        (histogram_log(log_line("HISTFAAA"), log_line(encoded_histogram([1]))), "line 4: "),
        (
            histogram_log(log_line(base64.b64encode(b"\x0c\x72\x12\x4e" + b"\0" * 60).decode())),
            "DoubleHistogram",
        ),
    ],
)
def test_what_is_no_log_is_refused_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, data)


def test_an_unknown_unit_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no unit 'h'"):
        read(tmp_path, histogram_log(), unit="h")
