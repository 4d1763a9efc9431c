"""cargo bench: targets in names, medians with their spread, throughput, events of libtest."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, metrics_by_name, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "cargo-bench")
    metrics = metrics_by_name(run)
    assert [(name, each.unit, each.direction, each.primary) for name, each in metrics.items()] == [
        ("sums::tests::add", "ns", "lower", True),
        ("sums::tests::bytes", "ns", "lower", True),
        ("sums::tests::bytes:throughput", "B/s", "higher", False),
        ("deep::tests::add", "ns", "lower", True),
    ]
    summary = metrics["sums::tests::bytes"].summary
    assert summary is not None
    assert (summary.value, summary.statistic, summary.figures) == (1_647.5, "median", {"spread": 579.25})
    throughput = metrics["sums::tests::bytes:throughput"].summary
    assert throughput is not None
    assert throughput.value == 1_545e6
    assert left_out(run) == {"sums::tests::panics": "failed"}


def test_events_of_libtest(tmp_path: Path) -> None:
    events = (
        '{ "type": "suite", "event": "started", "test_count": 2 }\n'
        '{ "type": "bench", "name": "tests::add", "median": 1.5, "deviation": 0.5, "mib_per_second": 100 }\n'
        '{ "type": "test", "name": "tests::bad", "event": "failed", "stdout": "x" }\n'
    )
    run = only_run(tmp_path, "cargo-bench", events)
    assert {name: each.summary and each.summary.value for name, each in metrics_by_name(run).items()} == {
        "tests::add": 1.5,
        "tests::add:throughput": 100e6,
    }
    assert left_out(run) == {"tests::bad": "failed"}


def test_units_that_are_no_times_stay(tmp_path: Path) -> None:
    run = only_run(tmp_path, "cargo-bench", "test mov ... bench:        1508 cycles/iter (+/- 17)\n")
    assert [(each.name, each.unit, each.direction) for each in run.metrics] == [("mov", "cycles/iter", None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("running 0 tests\n", "has no benchmark result"),
        ("test a ... bench: 1.2.3 ns/iter (+/- 1)\n", "line 1: '1.2.3' is no number"),
        ('{ "type": "bench", "name": "a", "median": "x" }\n', "line 1: 'median' is no number"),
        ('{ "type": "bench", "name": "a"\n', "line 1: is no JSON event of libtest"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"results.txt: {message}"):
        runs_from(tmp_path, "cargo-bench", text)
