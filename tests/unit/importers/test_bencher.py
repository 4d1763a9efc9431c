"""Bencher Metric Format: built-in measures have a unit, others none."""

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


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "bencher")
    assert [
        (each.name, each.unit, each.direction, each.summary and each.summary.value) for each in run.metrics
    ] == [
        ("tests::fast", "ns", "lower", 3_247.5),
        ("tests::slow:Throughput", "1/s", "higher", 12.5),
        ("tests::slow:Total Blocks", "1", None, 100.0),
    ]
    assert run.metrics[0].summary is not None
    assert run.metrics[0].summary.figures == {"lower": 1_044.0, "upper": 4_044.0}


def test_a_value_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    run = only_run(tmp_path, "bencher", '{"a": {"latency": {"value": "x"}, "Build Time": {"value": 0.5}}}')
    assert left_out(run) == {"a": "has a value that is no number: x"}
    assert [(each.name, each.summary and each.summary.value) for each in run.metrics] == [
        ("a:Build Time", 5e8)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "has no benchmark"),
        ('{"a": {"latency": {}}}', r"\$\.a\.latency: has no 'value'"),
        ('{"a": 1}', "is not an object"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"results.txt: .*{message}"):
        runs_from(tmp_path, "bencher", text)
