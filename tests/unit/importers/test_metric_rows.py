"""Rows of the same name and parameters are one metric; what is no result is left out by name."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from obrelease.importers.measured_units import COUNT, MILLISECONDS, NANOSECONDS
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.tool_run import ToolSummary
from tests.small_tool_files import only_run


def test_samples_of_a_name_are_joined_and_parameters_keep_apart() -> None:
    rows = MetricRows()
    rows.add_samples("sort", MILLISECONDS, [1.5])
    rows.add_samples("sort", MILLISECONDS, [2.5], parameters={"size": 10})
    rows.add_samples("sort", MILLISECONDS, [0.5, 3.5])
    assert [(each.name, list(each.samples), dict(each.parameters)) for each in rows.metrics()] == [
        ("sort", [1_500_000.0, 500_000.0, 3_500_000.0], {}),
        ("sort", [2_500_000.0], {"size": 10}),
    ]


def test_a_summary_stays_one_until_its_name_occurs_again() -> None:
    rows = MetricRows()
    rows.add_summary(
        "sort", NANOSECONDS, 5.0, "median", count=3, figures={"maximum": 9.0, "p99": math.nan, "p1": None}
    )
    assert rows.metrics()[0].summary == ToolSummary(5.0, "median", 3, {"maximum": 9.0})
    rows.add_summary("sort", NANOSECONDS, 6.0, "median")
    rows.add_samples("sort", NANOSECONDS, [7.0])
    (metric,) = rows.metrics()
    assert (list(metric.samples), metric.summary) == ([5.0, 6.0, 7.0], None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(math.nan, "no number"), (math.inf, "no number"), (1e31, "no number"), (-1.0, "negative value: -1 ns")],
)
def test_values_that_no_run_holds_are_left_out(value: float, reason: str) -> None:
    rows = MetricRows()
    rows.add_samples("sort", NANOSECONDS, [1.0, value])
    rows.add_summary("find", NANOSECONDS, value, "mean")
    assert not rows
    assert [row.name for row in rows.left_out] == ["sort", "find"]
    assert all(reason in row.reason for row in rows.left_out)


def test_a_count_may_be_negative_and_a_unit_may_not_change() -> None:
    rows = MetricRows()
    rows.add_samples("growth", COUNT, [-1.0])
    rows.add_samples("growth", NANOSECONDS, [1.0])
    assert [list(each.samples) for each in rows.metrics()] == [[-1.0]]
    assert "is in ns; an earlier row of the same name is in 1" in rows.left_out[0].reason


@pytest.mark.parametrize(
    ("text", "number"),
    [("33,032,676", 33_032_676.0), ("1.5e-3", 0.0015), (".5", 0.5), ("-2", -2.0), ("1e999", None),
     ("1_0", None),      ("nan", None), ("", None), ("1.2.3", None), ("٣", None)],
)  # fmt: skip
def test_numbers_as_tools_print_them(text: str, number: float | None) -> None:
    assert parse_number(text) == number


def test_a_run_of_any_format_keeps_a_bounded_number_of_samples(tmp_path: Path) -> None:
    lines = "".join(f"BenchmarkSum 1 {2_000 + number % 100} ns/op\n" for number in range(10_001))
    run = only_run(tmp_path, "go", lines)
    (metric,) = run.metrics
    assert (len(metric.samples), metric.histogram and metric.histogram.count) == (0, 10_001)
    assert run.notes == ("1 series of more than 10,000 samples is kept as histograms",)
