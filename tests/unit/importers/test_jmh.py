"""JMH: scores of all forks, modes and parameters, metrics of profilers with the right direction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, only_run, runs_from, small_file, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "jmh")
    found = [
        (each.name, each.parameters["mode"], each.unit, each.direction, each.primary, list(each.samples))
        for each in run.metrics
    ]
    name = "org.example.Sums.fast"
    secondary = [
        (f"{name}:gc.alloc.rate", "B/s", None, False, [4e6, 6e6]),
        (f"{name}:gc.alloc.rate.norm", "B", "lower", False, [16.0, 16.0]),
        (f"{name}:gc.count", "1", "lower", False, [3.0]),
    ]
    assert found == [
        (name, "thrpt", "1/s", "higher", True, [2_000.0, 3_000.0, 2_500.0, 2_500.0]),
        *((each[0], "thrpt", *each[1:]) for each in secondary),
        (name, "avgt", "ns", "lower", True, [1_250.0, 1_750.0]),
        *((each[0], "avgt", *each[1:]) for each in secondary),
    ]
    assert run.metrics[0].parameters == {"size": "100", "mode": "thrpt", "threads": 2}
    assert run.parameters == {"forks": 2, "jdkVersion": "21"}
    assert run.tool_version == "1.37"


def changed(**changes: object) -> str:
    entry = json.loads(small_file("jmh"))[0]
    entry["primaryMetric"].update(changes)
    entry["secondaryMetrics"] = {}
    return json.dumps([entry])


def test_a_score_without_raw_data_is_a_summary(tmp_path: Path) -> None:
    (metric,) = only_run(tmp_path, "jmh", changed(rawData=None, scoreError=0.25)).metrics
    assert metric.summary is not None
    assert (metric.summary.value, metric.summary.statistic) == (2_500.0, "mean")
    assert metric.summary.figures == {"p0": 1_000.0, "p99.9": 4_000.0, "error": 250.0}


def test_histograms_of_mode_sample_are_expanded(tmp_path: Path) -> None:
    histogram = [[[[1.5, 2], [2.5, 1]]], [[[3.5, 1]]]]
    (metric,) = only_run(tmp_path, "jmh", changed(rawDataHistogram=histogram)).metrics
    assert list(metric.samples) == [1_500.0, 1_500.0, 2_500.0, 3_500.0]


def test_histograms_beyond_the_limit_are_a_summary(tmp_path: Path) -> None:
    (metric,) = only_run(tmp_path, "jmh", changed(rawDataHistogram=[[[[1.5, 10**12]]]])).metrics
    assert metric.summary is not None
    assert metric.summary.value == 2_500.0


def test_mode_and_unit_that_contradict_each_other_have_no_direction(tmp_path: Path) -> None:
    (metric,) = only_run(tmp_path, "jmh", changed(scoreUnit="s/op")).metrics
    assert (metric.unit, metric.direction) == ("ns", None)


@pytest.mark.parametrize("raw", [[["NaN", 1.0]], []])
def test_a_score_that_is_no_number_is_left_out(tmp_path: Path, raw: object) -> None:
    run = only_run(tmp_path, "jmh", changed(rawData=raw, score="NaN"))
    assert left_out(run) == {"org.example.Sums.fast": "has no score that is a number"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "results.txt: has no benchmark"),
        ([{"mode": "thrpt"}], r"results.txt: \$\[0\]: has no 'benchmark'"),
        ([{"benchmark": "a"}], r"results.txt: \$\[0\]: has no 'primaryMetric'"),
        (
            [{"benchmark": "a", "primaryMetric": {"rawDataHistogram": [[[[1]]]]}}],
            r"rawDataHistogram\[0\]\[0\]\[0\]: is not a pair of value and count",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "jmh", json.dumps(document))


@pytest.mark.parametrize(("forks", "notes"), [(0, 1), (1, 0)])
def test_a_benchmark_that_was_not_forked_is_noted(tmp_path: Path, forks: int, notes: int) -> None:
    metric = {"score": 1, "scoreUnit": "s/op"}
    entry = {"benchmark": "a", "mode": "avgt", "forks": forks, "primaryMetric": metric}
    found = only_run(tmp_path, "jmh", json.dumps([entry]).encode()).notes
    assert ["forks 0" in note for note in found] == [True] * notes
