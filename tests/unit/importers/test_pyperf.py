"""pyperf: values of all processes, units, metadata of the machine, calibration alone."""

from __future__ import annotations

import json
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
    run = small_run(tmp_path, "pyperf")
    assert [(each.name, each.unit, each.direction, list(each.samples)) for each in run.metrics] == [
        ("sort", "ns", "lower", [2_100_000.0, 2_200_000.0, 2_300_000.0]),
        ("memory", "B", "lower", [4_096.0, 8_192.0]),
    ]
    assert list(left_out(run)) == ["calibrated"]
    assert (run.host_name, run.tool_version) == ("example", "2.6.1")
    assert run.created_ns == 1_602_583_940_500_000_000
    assert run.stable is not None
    assert (run.stable.cpu_count, run.stable.python) == (8, "3.12.1 (64-bit)")
    assert "load_avg_1min" not in run.parameters


def test_the_name_of_a_single_benchmark_is_in_the_common_metadata(tmp_path: Path) -> None:
    document = {"version": "1.0", "metadata": {"name": "sort"}, "benchmarks": [{"runs": [{"values": [0.5]}]}]}
    assert [each.name for each in only_run(tmp_path, "pyperf", json.dumps(document)).metrics] == ["sort"]


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [
        ({"runs": []}, r"\$\.benchmarks\[0\]: has no 'name' in its metadata"),
        ({"metadata": {"name": "a", "unit": "mile"}, "runs": []}, "unit: is none of second, byte, integer"),
        ({"metadata": {"name": "a", "unit": []}, "runs": []}, r"metadata\.unit"),
        (
            {"metadata": {"name": "a"}, "runs": [{"values": [-1]}]},
            r"runs\[0\]\.values\[0\]: is not a number from 0",
        ),
        ({"metadata": {"name": "a"}}, "has no 'runs'"),
    ],
)
def test_what_is_refused(tmp_path: Path, benchmark: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "pyperf", json.dumps({"benchmarks": [benchmark]}))
