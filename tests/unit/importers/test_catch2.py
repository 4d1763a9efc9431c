"""Catch2's XML: paths of sections, failures, and documents that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, metrics_by_name, only_run, runs_from, small_file, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "catch2")
    assert {
        name: each.summary
        and (each.summary.value, each.summary.statistic, each.summary.count, each.summary.figures)
        for name, each in metrics_by_name(run).items()
    } == {
        "vectors/push <10>": (
            1_075.5,
            "mean",
            10,
            {"mean_low": 1_048.25, "mean_high": 1_167.75, "stddev": 72.5},
        ),
        "vectors/inner/pop": (1.5e6, "mean", 10, {"mean_low": 1.4e6, "mean_high": 1.6e6, "stddev": 7.0}),
    }
    assert left_out(run) == {"vectors/throws": "Unknown exception"}
    assert (run.title, run.tool_version) == ("sums", "3.7.1")


def test_version_2_has_another_root_and_groups(tmp_path: Path) -> None:
    text = (
        small_file("catch2")
        .decode()
        .replace("Catch2TestRun", "Catch")
        .replace("<TestCase", '<Group name="sums"><TestCase', 1)
    )
    text = text.replace("</TestCase>", "</TestCase></Group>")
    assert len(only_run(tmp_path, "catch2", text).metrics) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<Catch><TestCase name="a">', "line 1: is no XML"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><Catch>&x;</Catch>', "line 1: has a document type"),
        (
            '<Catch><BenchmarkResults name="a"><mean value="x"/></BenchmarkResults></Catch>',
            "line 1: <mean> of 'a' has no number",
        ),
        ("<Catch>" * 300, "line 1: has more than 200 nested elements"),
        ("<Catch></Catch>", "has no <BenchmarkResults>"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"results.txt: {message}"):
        runs_from(tmp_path, "catch2", text)
