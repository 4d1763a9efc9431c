"""fio: rates and latencies of each direction, percentiles, old units, jobs that failed, text around."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    left_out,
    metrics_by_name,
    only_run,
    runs_from,
    small_run,
)


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "fio")
    metrics = metrics_by_name(run)
    assert {
        name: (each.unit, each.direction, each.primary, each.summary and each.summary.value)
        for name, each in metrics.items()
    } == {
        "mixed/read:iops": ("1/s", "higher", True, 33_000.5),
        "mixed/read:bw": ("B/s", "higher", True, 135_168_000.0),
        "mixed/read:lat": ("ns", "lower", True, 26.5),
        "mixed/read:clat": ("ns", "lower", False, 24.5),
        "mixed:usr_cpu": ("%", None, False, 33.5),
    }
    latency = metrics["mixed/read:clat"].summary
    assert latency is not None
    assert latency.count == 132
    assert latency.figures == {"minimum": 20.0, "maximum": 140.0, "stddev": 9.5, "p50": 24.0, "p99.9": 139.0}
    assert left_out(run) == {"broken": "ended with error 22"}
    assert run.parameters == {"global options.ioengine": "libaio", "mixed.rw": "randrw", "mixed.bs": "4k"}
    assert (run.tool_version, run.created_ns) == ("3.33", 1_795_893_153_031 * 10**6)


def test_versions_before_3_have_microseconds_and_kibibytes(tmp_path: Path) -> None:
    job = {"jobname": "a", "read": {"io_bytes": 1, "bw": 2, "iops": 3.5, "clat": {"mean": 4.5}}}
    metrics = metrics_by_name(
        only_run(tmp_path, "fio", '{\n"fio version" : "fio-2.2",\n"jobs" : ' + json.dumps([job]) + "\n}\n")
    )
    assert {name: each.summary and each.summary.value for name, each in metrics.items()} == {
        "a/read:iops": 3.5,
        "a/read:bw": 2_048.0,
        "a/read:clat": 4_500.0,
    }


def test_jobs_of_one_name_are_samples(tmp_path: Path) -> None:
    jobs = [{"jobname": "a", "read": {"io_bytes": 1, "iops": value}} for value in (1.5, 2.5)]
    run = only_run(tmp_path, "fio", json.dumps({"fio version": "fio-3.33", "jobs": jobs}))
    assert [(each.name, list(each.samples)) for each in run.metrics] == [("a/read:iops", [1.5, 2.5])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fio-3.33\n", "has no document that begins with 'fio version'"),
        ('{"fio version": "fio-3.33"}', "has no 'client_stats'"),
        ('{"fio version": "fio-3.33", "jobs": [{}]}', r"jobs\[0\]: has no 'jobname'"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"results.txt: .*{message}"):
        runs_from(tmp_path, "fio", text)
