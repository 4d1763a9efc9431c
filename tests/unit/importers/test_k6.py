"""k6: both forms of the summary, trends in nanoseconds, directions of rates and counters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    SMALL_FILES,
    left_out,
    metrics_by_name,
    only_run,
    runs_from,
    small_run,
)

EXPORT = (SMALL_FILES / "k6-export.json").read_bytes()


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "k6")
    assert {
        name: (each.unit, each.direction, each.primary, each.summary and each.summary.value)
        for name, each in metrics_by_name(run).items()
    } == {
        "http_req_duration": ("ns", "lower", True, 20_250_000.0),
        "http_reqs": ("1/s", "higher", True, 2.5),
        "http_reqs:count": ("1", None, False, 20.0),
        "http_req_failed": ("1", "lower", True, 0.25),
        "checks": ("1", "higher", True, 0.75),
        "data_sent": ("B/s", None, False, 512.0),
        "data_sent:count": ("B", None, False, 4_096.0),
        "vus": ("1", None, False, 5.0),
        "my_trend": ("1", None, True, 1.25),
        "iterations": ("1/s", "higher", True, 1.25),
        "iterations:count": ("1", None, False, 10.0),
    }
    trend = run.metrics[0].summary
    assert trend is not None
    assert trend.statistic == "median"
    assert trend.figures == {
        "mean": 25_500_000.0, "minimum": 10_000_000.0, "maximum": 60_000_000.0, "p90": 50_000_000.0,
        "p99.9": 59_500_000.0,
    }  # fmt: skip
    assert run.parameters == {"testRunDurationMs": 8_000.5}


def test_the_export_gives_the_same_metrics(tmp_path: Path) -> None:
    exported, summary = (
        metrics_by_name(only_run(tmp_path, "k6", EXPORT)),
        metrics_by_name(small_run(tmp_path, "k6")),
    )
    for name in ("http_reqs", "http_reqs:count", "http_req_failed", "iterations", "vus", "my_trend"):
        assert exported[name] == summary[name]
    tagged = exported["http_req_duration{expected_response:true}"]
    assert (tagged.unit, tagged.direction) == ("ns", "lower")


def test_the_summary_of_version_2(tmp_path: Path) -> None:
    document = {
        "version": "1.0.0",
        "config": {"duration": 8.5, "execution": "local", "script": "load.js"},
        "metadata": {"k6Version": "2.0.0", "generatedAt": "2026-01-02T03:04:05Z"},
        "results": {
            "metrics": [
                {
                    "name": "http_req_duration",
                    "type": "trend",
                    "contains": "time",
                    "values": {"avg": 2.5, "med": 2.25},
                },
                {
                    "name": "checks",
                    "type": "rate",
                    "contains": "default",
                    "values": {"matches": 3, "rate": 0.75, "total": 4},
                },
            ]
        },
    }
    run = only_run(tmp_path, "k6", json.dumps(document))
    assert [(each.name, each.summary and each.summary.value) for each in run.metrics] == [
        ("http_req_duration", 2_250_000.0),
        ("checks", 0.75),
    ]
    assert (run.title, run.tool_version, run.created_ns) == ("load.js", "2.0.0", 1_767_323_045 * 10**9)


def test_a_metric_without_a_known_figure_is_left_out(tmp_path: Path) -> None:
    run = only_run(tmp_path, "k6", '{"metrics": {"odd": {"values": {"x": 1}}, "http_reqs": {"count": 3}}}')
    assert [each.name for each in run.metrics] == ["http_reqs"]
    assert list(left_out(run)) == ["odd"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"metrics": {}}', "has no metric"),
        ('{"metrics": []}', "is not an object"),
        ("{}", "has no 'metrics'"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"results.txt: .*{message}"):
        runs_from(tmp_path, "k6", text)
