"""hyperfine: runs of each command, CPU times, memory, parameters, failed runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.tool_run import ToolRun
from tests.tool_files import hyperfine_file, hyperfine_result, metrics_of, read_one, reasons

DATA = Path(__file__).resolve().parents[2] / "data" / "imports"


def read(folder: Path, *results: dict[str, Any]) -> ToolRun:
    return read_one(folder, "hyperfine", hyperfine_file(*results))


def test_a_file_of_the_real_tool(tmp_path: Path) -> None:
    data = (DATA / "hyperfine.json").read_bytes()
    run = read_one(tmp_path, "hyperfine", data)
    times = json.loads(data)["results"][0]["times"]
    assert list(metrics_of(run)["sleep"].samples) == pytest.approx([1e9 * value for value in times])
    assert (run.title, run.created_ns, run.commit, run.host_name) == ("hyperfine", None, None, None)


def test_every_figure_of_a_command_is_kept(tmp_path: Path) -> None:
    result = hyperfine_result(
        "build -j2", [0.0069, 0.5], parameters={"threads": "2"}, memory_usage_byte=[1000, 2000]
    )
    run = read(tmp_path, result)
    found = {
        name: (
            metric.unit,
            list(metric.samples),
            metric.summary and (metric.summary.value, metric.summary.statistic, metric.summary.count),
            metric.primary,
        )
        for name, metric in metrics_of(run).items()
    }
    assert found == {
        "build -j2": ("ns", [6_900_000.0, 500_000_000.0], None, True),
        "build -j2:user": ("ns", [], (250_000_000.0, "mean", 2), False),
        "build -j2:system": ("ns", [], (125_000_000.0, "mean", 2), False),
        "build -j2:memory": ("B", [1000.0, 2000.0], None, False),
    }
    assert {metric.direction for metric in run.metrics} == {"lower"}
    assert all(metric.parameters == {"threads": "2"} for metric in run.metrics)


@pytest.mark.parametrize("names", [("tool -V", "tool -v"), ("sort a > b", "sort a < b"), ("x", "x ")])
def test_commands_that_look_alike_stay_apart(tmp_path: Path, names: tuple[str, str]) -> None:
    run = read(tmp_path, *(hyperfine_result(name, [0.1 * (number + 1)]) for number, name in enumerate(names)))
    assert [name for name, metric in metrics_of(run).items() if metric.primary] == list(names)


def test_a_zero_is_a_sample(tmp_path: Path) -> None:
    assert list(
        metrics_of(read(tmp_path, hyperfine_result("noop", [0.001, 0.0, 0.002])))["noop"].samples
    ) == [1e6, 0.0, 2e6]


def test_commands_that_failed_are_named(tmp_path: Path) -> None:
    codes = [0] * 5 + [1] + [0] * 3 + [None]
    many = [2] * 8
    run = read(
        tmp_path,
        hyperfine_result("ok", [0.2]),
        hyperfine_result("fails", [0.1] * 10, exit_codes=codes),
        hyperfine_result("always", [0.1] * 8, exit_codes=many),
    )
    assert [name for name, metric in metrics_of(run).items() if metric.primary] == ["ok"]
    found = reasons(run)
    assert found["fails"] == "failed: run 6 had exit code 1, run 10 was ended by a signal, of 10 runs"
    assert found["always"].endswith("run 5 had exit code 2 and 3 more, of 8 runs")


def test_one_command_with_two_parameters_is_two_metrics(tmp_path: Path) -> None:
    results = [hyperfine_result("same", [0.1 * n], parameters={"n": str(n)}) for n in (1, 2)]
    run = read(tmp_path, *results)
    assert [(metric.name, metric.parameters) for metric in run.metrics if metric.primary] == [
        ("same", {"n": "1"}),
        ("same", {"n": "2"}),
    ]
    twice = read(tmp_path, hyperfine_result("other", [0.1]), results[0], results[0])
    assert reasons(twice) == {"same": "two commands of the file have this name and these parameters"}


def test_without_times_the_figures_make_a_summary(tmp_path: Path) -> None:
    result = hyperfine_result("old", [0.1, 0.3])
    del result["times"], result["exit_codes"]
    summary = metrics_of(read(tmp_path, result))["old"].summary
    assert summary
    assert (summary.value, summary.statistic) == (300_000_000.0, "median")
    assert reasons(read(tmp_path, {"command": "none"})) == {"none": "has no times"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": "fast"}, r"results\[0\].times: is not a list"),
        ({"times": [True]}, r"times\[0\]: is not a number from 0 to 1e\+30"),
        ({"times": [1.7e299]}, r"times\[0\]: is not a number from 0 to 1e\+30"),
        ({"times": [-1.0]}, r"times\[0\]: is not a number"),
        ({"command": None}, r"results\[0\].command: is not text"),
    ],
)
def test_a_malformed_value_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, hyperfine_result("x", [0.1]) | change)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_windows_shells_write_other_encodings_and_line_ends(tmp_path: Path, codec: str) -> None:
    text = json.dumps(hyperfine_file(hyperfine_result("app", [0.5])), indent=1).replace("\n", "\r\n")
    assert list(metrics_of(read_one(tmp_path, "hyperfine", text.encode(codec)))["app"].samples) == [5e8]
