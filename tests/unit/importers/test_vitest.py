"""Vitest: full names, samples if they are kept, medians else, benchmarks that failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "vitest")
    fast, kept = run.metrics
    assert (fast.name, fast.unit, fast.direction) == ("a.bench.ts > sort > fast", "ns", "lower")
    assert fast.summary is not None
    assert (fast.summary.value, fast.summary.statistic, fast.summary.count) == (1_500.0, "median", 300)
    assert fast.summary.figures == {
        "mean": 2_000.0, "minimum": 1_000.0, "maximum": 10_000.0, "stddev": 500.0, "p99": 9_000.0,
    }  # fmt: skip
    assert (kept.name, list(kept.samples)) == ("a.bench.ts > sort > kept", [500_000.0, 1_500_000.0])
    assert list(left_out(run)) == ["a.bench.ts > sort > broken"]


def test_the_report_of_version_1(tmp_path: Path) -> None:
    document = {
        "numTotalTestSuites": 1,
        "testResults": {"a.bench.ts > sort": [{"name": "fast", "hz": 1.0, "mean": 2.5}]},
    }
    (metric,) = only_run(tmp_path, "vitest", json.dumps(document)).metrics
    assert metric.name == "a.bench.ts > sort > fast"
    assert metric.summary is not None
    assert (metric.summary.value, metric.summary.statistic) == (2.5e6, "mean")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"files": []}, "results.txt: has no benchmark"),
        ({"files": [{"groups": [{"fullName": 1}]}]}, r"\$\.files\[0\]\.groups\[0\]\.fullName: is not text"),
        ({}, r"results.txt: \$: has no 'testResults'"),
    ],
)
def test_what_is_refused(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "vitest", json.dumps(document))
