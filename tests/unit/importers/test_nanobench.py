"""nanobench: times of each epoch, counters that the machine has, medians alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    only_run,
    runs_from,
    small_file,
    small_run,
)


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "nanobench")
    assert [
        (each.name, each.unit, each.direction, each.primary, list(each.samples)) for each in run.metrics
    ] == [
        ("sums/add", "ns", "lower", True, [2.0, 3.0]),
        ("sums/add:instructions", "1", "lower", False, [12.5, 13.5]),
    ]
    assert run.metrics[0].parameters == {"unit": "byte", "batch": 10}


def test_a_median_alone_is_a_summary(tmp_path: Path) -> None:
    document = json.loads(small_file("nanobench"))
    del document["results"][0]["measurements"]
    (metric,) = only_run(tmp_path, "nanobench", json.dumps(document)).metrics
    assert metric.summary is not None
    assert (metric.summary.value, metric.summary.statistic) == (2.5, "median")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": []}', "has no result"),
        ('{"results": [{"name": "a"}]}', "has neither 'measurements' nor"),
        ('{"results": [{"title": "a"}]}', "has no 'name'"),
        (
            '{"results": [{"name": "a", "measurements": [{"elapsed": -1}]}]}',
            "elapsed: is not a number from 0",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"results.txt: .*{message}"):
        runs_from(tmp_path, "nanobench", text)
