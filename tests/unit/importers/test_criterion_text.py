"""The text of criterion: intervals, throughput, names on a line of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import metrics_by_name, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    metrics = metrics_by_name(small_run(tmp_path, "criterion-text"))
    assert {
        name: (
            each.unit,
            each.direction,
            each.primary,
            each.summary and (each.summary.value, each.summary.figures),
        )
        for name, each in metrics.items()
    } == {
        "sums/fast": ("ns", "lower", True, (0.3239, {"low": 0.32062, "high": 0.32755})),
        "sums/fast:thrpt": ("B/s", "higher", False, (2.0 * 2**30, {"low": 1.0 * 2**30, "high": 3.0 * 2**30})),
        "a_name_that_is_too_long_for_its_column": (
            "ns",
            "lower",
            True,
            (18_019.0, {"low": 16_652.0, "high": 19_562.0}),
        ),
    }


def test_names_with_colons_and_spaces(tmp_path: Path) -> None:
    text = "benchmark: name with spaces    time:   [18.195 ns 20.930 ns 24.240 ns]\n"
    assert [each.name for each in only_run(tmp_path, "criterion-text", text).metrics] == [
        "benchmark: name with spaces"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("     time:   [1 ns 2 ns 3 ns]\n", "line 1: has a time, and no benchmark was named before"),
        ("a    time:   [1 ns x ns 3 ns]\n", "line 1: 'x' is no number"),
        ("Benchmarking a\n", "has no benchmark result"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"results.txt: {message}"):
        runs_from(tmp_path, "criterion-text", text)
