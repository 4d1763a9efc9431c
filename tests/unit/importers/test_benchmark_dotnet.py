"""BenchmarkDotNet: jobs and parameters, samples or figures, memory and metrics of diagnosers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "benchmark-dotnet")
    name = "Example.Sums.Fast(N: 10, Kind: a)"
    assert [
        (each.name, each.unit, each.direction, each.primary, dict(each.parameters), list(each.samples))
        for each in run.metrics
    ] == [
        (name, "ns", "lower", True, {"N": "10", "Kind": "a", "job": "ShortRun"}, [76.5, 77.5, 78.5]),
        (f"{name}:Allocated Memory", "B", "lower", False, {"N": "10", "Kind": "a", "job": "ShortRun"}, []),
        (name, "ns", "lower", True, {"N": "10", "Kind": "a", "job": "Runtime=.NET 8.0"}, []),
        (
            f"{name}:Allocated Memory",
            "B",
            "lower",
            False,
            {"N": "10", "Kind": "a", "job": "Runtime=.NET 8.0"},
            [],
        ),
    ]
    figures = run.metrics[2].summary
    assert figures is not None
    assert (figures.value, figures.statistic, figures.count) == (87.5, "median", 3)
    assert figures.figures == {"mean": 88.5, "stddev": 1.5}
    assert list(left_out(run)) == ["Example.Sums.Broken"]
    assert run.title == "Example.Sums"
    assert run.created_ns == 1_773_616_208 * 10**9
    assert run.stable is not None
    assert (run.stable.cpu_model, run.stable.cpu_count) == ("Example Processor", 16)


def test_version_0_9_has_no_full_name_and_an_object_for_the_processor(tmp_path: Path) -> None:
    document = {
        "Title": "Old",
        "HostEnvironmentInfo": {
            "BenchmarkDotNetVersion": "0.9.9.0",
            "ProcessorName": {"IsValueCreated": True, "Value": "Old Processor"},
            "ProcessorCount": 8,
        },
        "Benchmarks": [
            {"Namespace": "A", "Type": "B", "Method": "C", "Parameters": "N=1", "Statistics": {"Mean": 5.5}}
        ],
    }
    run = only_run(tmp_path, "benchmark-dotnet", json.dumps(document))
    assert [each.name for each in run.metrics] == ["A.B.C(N=1)"]
    assert run.metrics[0].summary is not None
    assert run.metrics[0].summary.statistic == "mean"
    assert run.stable is not None
    assert (run.stable.cpu_model, run.stable.cpu_count) == ("Old Processor", 8)


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [
        ({"Statistics": {"Mean": 1.0}}, "has neither 'FullName' nor 'Method'"),
        ({"FullName": "A", "Statistics": {}}, "has neither 'OriginalValues' nor 'Median' nor 'Mean'"),
        ({"FullName": "A", "Statistics": {"OriginalValues": ["x"]}}, "is not a number"),
    ],
)
def test_what_is_refused(tmp_path: Path, benchmark: object, message: str) -> None:
    document = {"HostEnvironmentInfo": {}, "Benchmarks": [benchmark]}
    with pytest.raises(InvalidInput, match=rf"results.txt: \$\.Benchmarks\[0\].*{message}"):
        runs_from(tmp_path, "benchmark-dotnet", json.dumps(document))


@pytest.mark.parametrize(
    ("facts", "notes"),
    [
        ({"Configuration": "RELEASE", "HasAttachedDebugger": False}, []),
        (
            {"Configuration": "DEBUG", "HasAttachedDebugger": True},
            ["a debug build", "a debugger was attached"],
        ),
    ],
)
def test_what_the_tool_warns_of_is_a_note(tmp_path: Path, facts: dict[str, object], notes: list[str]) -> None:
    benchmark = {"FullName": "A", "Statistics": {"Median": 1.0}}
    document = {"HostEnvironmentInfo": facts, "Benchmarks": [benchmark]}
    found = only_run(tmp_path, "benchmark-dotnet", json.dumps(document).encode()).notes
    assert len(found) == len(notes)
    assert all(words in note for note, words in zip(found, notes, strict=True))
