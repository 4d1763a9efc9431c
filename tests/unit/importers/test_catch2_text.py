"""Catch2's console: tables below the names of sections, names over several lines, failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, metrics_by_name, only_run, runs_from, small_file, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "catch2-text")
    assert {
        name: each.summary and (each.summary.value, each.summary.count, each.summary.figures)
        for name, each in metrics_by_name(run).items()
    } == {
        "vectors/inner/push 10": (961.25, 100, {"mean_low": 937.5, "mean_high": 1_019.19, "stddev": 55.25}),
        "vectors/inner/a name that goes on in another line": (
            41_750.0,
            50,
            {"mean_low": 41_250.0, "mean_high": 42_625.0, "stddev": 3_250.0},
        ),
    }
    assert left_out(run) == {"vectors/inner/throws": "Benchmark failed (Unknown exception)"}
    assert (run.title, run.tool_version) == ("sums", "3.7.1")


def test_the_names_of_a_second_table_begin_anew(tmp_path: Path) -> None:
    text = small_file("catch2-text").decode()
    second = text.replace("vectors\n  inner", "lists")
    names = [each.name for each in only_run(tmp_path, "catch2-text", text + second).metrics]
    assert names[0] == "vectors/inner/push 10"
    assert names[2] == "lists/push 10"


def test_a_table_without_a_row_is_refused(tmp_path: Path) -> None:
    text = small_file("catch2-text").decode()
    with pytest.raises(InvalidInput, match=r"results\.txt: has no benchmark in its tables"):
        runs_from(tmp_path, "catch2-text", text[: text.index("push 10")])
