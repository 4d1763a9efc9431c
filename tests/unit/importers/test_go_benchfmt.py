"""Go's benchmark format: names, processors, units with directions, configuration, events."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, metrics_by_name, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "go")
    metrics = metrics_by_name(run)
    name = "example.com/sums.BenchmarkSum"
    assert list(metrics) == [
        name, f"{name}:MB/s", f"{name}:lines/s", f"{name}:B/op", f"{name}:allocs/op",
        "example.com/sums.BenchmarkSub/size=10/kind=a-b",
    ]  # fmt: skip
    assert [(each.unit, each.direction, each.primary, list(each.samples)) for each in metrics.values()] == [
        ("ns", "lower", True, [157.5, 143.5]),
        ("B/s", "higher", False, [5_000_250_000.0, 5_577_250_000.0]),
        ("lines/s", "higher", False, [42.5, 43.5]),
        ("B", "lower", False, [16.0, 16.0]),
        ("1", "lower", False, [2.0, 2.0]),
        ("ns", "lower", True, [2.65]),
    ]
    assert metrics[name].parameters == {"gomaxprocs": 4}
    assert metrics["example.com/sums.BenchmarkSub/size=10/kind=a-b"].parameters == {
        "size": "10",
        "kind": "a-b",
        "gomaxprocs": 4,
    }
    assert left_out(run) == {"BenchmarkBroken": "failed", "BenchmarkOther": "was skipped"}
    assert run.stable is not None
    assert (run.stable.system, run.stable.machine, run.stable.cpu_model) == (
        "linux",
        "amd64",
        "Example Processor",
    )
    assert run.title == "example.com/sums"


def test_configuration_that_changes_keeps_results_apart(tmp_path: Path) -> None:
    text = (
        "note: before\nBenchmarkX 1 5 ns/op\nnote: after\nBenchmarkX 1 6 ns/op\nnote:\nBenchmarkX 1 7 ns/op\n"
    )
    run = only_run(tmp_path, "go", text)
    assert [(dict(each.parameters), list(each.samples)) for each in run.metrics] == [
        ({"note": "before"}, [5.0]),
        ({"note": "after"}, [6.0]),
        ({}, [7.0]),
    ]


def test_common_configuration_belongs_to_the_run(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    run = only_run(
        tmp_path, "go", f"commit: {commit}\ntoolchain: go1.26\nBenchmarkX 1 5 ns/op\nBenchmarkY 1 5 ns/op\n"
    )
    assert run.commit == commit
    assert run.parameters == {"toolchain": "go1.26"}
    assert all(not each.parameters for each in run.metrics)


@pytest.mark.parametrize("order", [1, -1])
def test_packages_keep_benchmarks_of_one_name_apart(tmp_path: Path, order: int) -> None:
    parts = ["pkg: example.com/a\nBenchmarkX 1 5 ns/op\n", "pkg: example.com/b\nBenchmarkX 1 6 ns/op\n"]
    run = only_run(tmp_path, "go", "".join(parts[::order]))
    samples = {name: list(each.samples) for name, each in metrics_by_name(run).items()}
    assert samples == {"example.com/a.BenchmarkX": [5.0], "example.com/b.BenchmarkX": [6.0]}


def test_events_of_go_test(tmp_path: Path) -> None:
    events = (Path(__file__).parents[2] / "data" / "small_tool_files" / "go-test-events.txt").read_bytes()
    (metric,) = only_run(tmp_path, "go", events).metrics
    assert (metric.name, list(metric.samples)) == ("example.com/sums.BenchmarkSum", [157.5])


def test_a_broken_line_is_left_out_with_its_number(tmp_path: Path) -> None:
    run = only_run(
        tmp_path, "go", "BenchmarkX 1 5 ns/op\nBenchmarkY 1 five ns/op\nBenchmarkZ 1 5\nBenchmark it\n"
    )
    assert left_out(run) == {
        "BenchmarkY": "line 2: 'five' is no number",
        "BenchmarkZ": "line 3: missing measurements or units",
    }


def test_a_file_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"results\.txt: has no benchmark result"):
        runs_from(tmp_path, "go", "goos: linux\nPASS\n")
