"""`summary.csv`: fixed columns, whole numbers, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest

from obrelease.analysis.tables.csv_bytes import SUMMARY_COLUMNS, SummaryRow, csv_bytes, summary_frame

ROW = SummaryRow(
    kind="bench",
    scenario="x100",
    core="reference",
    seed="18446744073709551615",
    source=None,
    messages=200_000,
    passes=5,
    wall_min_ns=2**53 + 1,
    wall_median_ns=2**62 + 1,
    wall_max_ns=2**63 - 1,
    throughput_median_msg_s=612_345,
    latency_count=200_000,
    latency_out_of_range=0,
    latency_min_ns=1,
    latency_mean_ns=2,
    latency_p50_ns=3,
    latency_p90_ns=4,
    latency_p99_ns=5,
    latency_p999_ns=6,
    latency_p9999_ns=7,
    latency_max_ns=8,
    timer_overhead_ns=40,
    events=300_000,
    events_digest="ab" * 32,
    state_digest="cd" * 32,
)


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_columns_are_fixed_and_integers_keep_their_last_digit() -> None:
    header, row = cells(csv_bytes(summary_frame([ROW])))
    assert tuple(header) == SUMMARY_COLUMNS
    found = dict(zip(header, row, strict=True))
    assert found["wall_min_ns"] == str(2**53 + 1)
    assert found["wall_max_ns"] == str(2**63 - 1)
    assert found["seed"] == "18446744073709551615"
    assert found["source"] == ""


def test_an_empty_frame_still_has_its_columns() -> None:
    frame = summary_frame([])
    assert tuple(frame.columns) == SUMMARY_COLUMNS
    assert str(frame.dtypes["wall_min_ns"]) == "Int64"
    assert csv_bytes(frame) == (",".join(SUMMARY_COLUMNS) + "\n").encode()


def test_lines_end_with_lf_on_every_system() -> None:
    data = csv_bytes(summary_frame([ROW, ROW]))
    assert data.count(b"\n") == 3
    assert b"\r" not in data


@pytest.mark.parametrize(
    "payload",
    ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1+1", "\uff20x"],
)
def test_a_formula_is_made_text(payload: str) -> None:
    _, row = cells(csv_bytes(summary_frame([replace(ROW, source=payload)])))
    assert row[SUMMARY_COLUMNS.index("source")] == f"'{payload}".replace("\r", "\n")


@pytest.mark.parametrize("harmless", ["day.csv", "a=b", "x-y", "1,5", 'say "hi"', "two\nlines"])
def test_other_text_is_kept_as_it_is(harmless: str) -> None:
    _, row = cells(csv_bytes(summary_frame([replace(ROW, source=harmless)])))
    assert row[SUMMARY_COLUMNS.index("source")] == harmless


@pytest.mark.parametrize("payload", ["a\r=1+1", "a\r\n=1+1", "a\n=1+1", 'a"\r=1'])
def test_a_carriage_return_starts_no_row_of_its_own(payload: str) -> None:
    data = csv_bytes(summary_frame([replace(ROW, source=payload)]))
    assert b"\r" not in data
    assert len(cells(data)) == 2


def test_negative_numbers_stay_numbers() -> None:
    frame = pd.DataFrame({"pnl_ticks": pd.Series([-5], dtype="Int64")})
    assert csv_bytes(frame) == b"pnl_ticks\n-5\n"
