"""The history of github-action-benchmark: order of commits, directions by tool, rows of Go, parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    metrics_by_name,
    only_run,
    runs_from,
    small_file,
)


def test_the_small_file_in_the_order_of_commits(tmp_path: Path) -> None:
    runs = runs_from(tmp_path, "github-action-benchmark", small_file("github-action-benchmark"))
    assert [(run.title, run.commit, run.created_ns) for run in runs] == [
        ("Rust", "a" * 40, 1_700_000_100_000 * 10**6),
        ("Rust", "b" * 40, 1_700_000_200_000 * 10**6),
        ("Go", "b" * 40, 1_700_000_300_000 * 10**6),
    ]
    (rust,) = runs[0].metrics
    assert (rust.name, rust.unit, rust.direction) == ("sum", "ns", "lower")
    assert rust.summary is not None
    assert (rust.summary.value, rust.summary.figures) == (100.0, {"range": 20.0})
    assert runs[0].labels == {
        "tool": "cargo",
        "commit-subject": "Change aaa",
        "repository": "https://example.com/user/repo",
    }


def test_the_rows_of_go_are_one_benchmark(tmp_path: Path) -> None:
    go = runs_from(tmp_path, "github-action-benchmark", small_file("github-action-benchmark"))[2]
    assert {
        name: (each.unit, each.direction, each.primary, each.summary and each.summary.value)
        for name, each in metrics_by_name(go).items()
    } == {
        "BenchmarkSum": ("ns", "lower", True, 7.5),
        "BenchmarkSum:B/op": ("B", "lower", False, 16.0),
        "BenchmarkSum:allocs/op": ("1", "lower", False, 2.0),
    }


def test_each_part_is_a_history_of_its_run_alone(tmp_path: Path) -> None:
    for run in runs_from(tmp_path, "github-action-benchmark", small_file("github-action-benchmark")):
        assert run.part is not None
        assert only_run(tmp_path, "github-action-benchmark", run.part) == run


@pytest.mark.parametrize(
    ("tool", "unit", "direction"),
    [
        ("customBiggerIsBetter", "ms", "higher"),
        ("customSmallerIsBetter", "points", "lower"),
        ("benchmarkjs", "ops/sec", "higher"),
        ("pytest", "iter/sec", "higher"),
        ("jmh", "ops/s", "higher"),
        ("jmh", "us/op", "lower"),
        ("catch2", "us", "lower"),
        ("unknown", "points", None),
    ],
)
def test_directions(tmp_path: Path, tool: str, unit: str, direction: str | None) -> None:
    entry = {"commit": {}, "date": 1, "tool": tool, "benches": [{"name": "a", "value": 1, "unit": unit}]}
    document = {"lastUpdate": 1, "repoUrl": "", "entries": {"s": [entry]}}
    (metric,) = only_run(tmp_path, "github-action-benchmark", json.dumps(document)).metrics
    assert metric.direction == direction


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('window.BENCHMARK_DATA = {"entries": {}}', "has no entry"),
        ('window.BENCHMARK_DATA = {"entries": {"a": [{}]}}', "has no 'benches'"),
        ('window.BENCHMARK_DATA = {"entries": {"a": [', "is cut off"),
        ("{}", "has no 'entries'"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "github-action-benchmark", text)
