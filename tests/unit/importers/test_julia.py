"""Julia: trials and estimates in nested groups, garbage collection, memory, files of parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    metrics_by_name,
    only_run,
    runs_from,
    small_run,
)


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "julia")
    assert {
        name: (
            each.unit,
            each.direction,
            each.primary,
            list(each.samples) or (each.summary and each.summary.value),
        )
        for name, each in metrics_by_name(run).items()
    } == {
        "sums/fast": ("ns", "lower", True, [20.5, 21.5]),
        "sums/fast:gctime": ("ns", "lower", False, [0.0, 1.5]),
        "sums/fast:memory": ("B", "lower", False, 64.0),
        "sums/fast:allocs": ("1", "lower", False, 2.0),
        "sums/slow": ("ns", "lower", True, 31_028.0),
        "sums/slow:gctime": ("ns", "lower", False, 0.0),
        "sums/slow:memory": ("B", "lower", False, 0.0),
        "sums/slow:allocs": ("1", "lower", False, 0.0),
    }
    assert (run.tool_version, dict(run.parameters)) == ("1.5.0", {"julia": "1.10.0"})


def document(value: object) -> str:
    return json.dumps([{"Julia": "1.10.0", "BenchmarkTools": "1.5.0"}, [value]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (document(["Parameters", {"samples": 1}]), "has parameters of benchmarks alone"),
        (
            document(["BenchmarkGroup", {"data": {"a": ["Parameters", {}]}}]),
            "has parameters of benchmarks alone",
        ),
        (document(["BenchmarkGroup", {"data": {}}]), "has no trial and no estimate"),
        (document(["BenchmarkGroup", {}]), "has no 'data'"),
        (document(["Trial", {}]), "has no 'times'"),
        (document(["Trial"]), "is not a pair of type and fields"),
        (document({"times": [1]}), "is not a list"),
        ('[{"Julia": "1"}]', "is not a list of versions and values"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "julia", text)


def test_groups_nested_too_deeply_are_refused(tmp_path: Path) -> None:
    value: object = ["Trial", {"times": [1]}]
    for _ in range(10):
        value = ["BenchmarkGroup", {"data": {"a": value}}]
    (metric,) = only_run(tmp_path, "julia", document(value)).metrics
    assert metric.name == "/".join("a" * 10)
    for _ in range(60):
        value = ["BenchmarkGroup", {"data": {"a": value}}]
    with pytest.raises(InvalidInput, match="nested"):
        runs_from(tmp_path, "julia", document(value))
