"""perf stat: units, events that are not supported, intervals as samples, processors as parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    left_out,
    only_run,
    runs_from,
    small_run,
)


def event(value: str, unit: str, name: str, more: str = "") -> str:
    return f'{{{more}"counter-value" : "{value}", "unit" : "{unit}", "event" : "{name}"}}\n'


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "perf-stat")
    assert [
        (each.name, each.unit, each.direction, each.primary, list(each.samples)) for each in run.metrics
    ] == [
        ("task-clock", "ns", "lower", True, [500_000.0]),
        ("task-clock:CPUs utilized", "CPUs utilized", None, False, [0.166813]),
        ("page-faults", "1", "lower", True, [50.0]),
    ]
    assert left_out(run) == {"cycles": "not supported"}


def test_intervals_are_samples_and_processors_are_parameters(tmp_path: Path) -> None:
    text = "".join(
        event(value, "", "instructions", f'"interval" : {at}, "cpu" : "{cpu}", ')
        for at, cpu, value in ((0.1, 0, "10"), (0.1, 1, "11"), (0.2, 0, "12"), (0.2, 1, "13"))
    )
    run = only_run(tmp_path, "perf-stat", text)
    assert [(dict(each.parameters), list(each.samples)) for each in run.metrics] == [
        ({"cpu": "0"}, [10.0, 12.0]),
        ({"cpu": "1"}, [11.0, 13.0]),
    ]


def test_the_mean_of_several_executions_is_a_summary(tmp_path: Path) -> None:
    text = event("200", "", "branch-misses", '"variance" : 0.5, ')
    (metric,) = only_run(tmp_path, "perf-stat", text).metrics
    assert metric.summary is not None
    assert (metric.direction, metric.summary.value, metric.summary.statistic) == ("lower", 200.0, "mean")
    assert metric.summary.figures == {"stddev_of_mean": 1.0}


def test_events_without_a_known_meaning_have_no_direction(tmp_path: Path) -> None:
    text = event("5", "", "my_pmu/my_event/") + event("7.5", "Joules", "power/energy-pkg/")
    assert [(each.unit, each.direction) for each in only_run(tmp_path, "perf-stat", text).metrics] == [
        ("1", None),
        ("Joules", None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# started on\n", "has no event"),
        ('{"counter-value" : "1"\n', "line 1: is no JSON object of perf stat"),
        ('\n{"counter-value" : "1"}\n', "line 2: has no 'event'"),
        (event("x", "", "cycles"), "line 1: 'counter-value' of 'cycles' is no number"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"results.txt: {message}"):
        runs_from(tmp_path, "perf-stat", text)
