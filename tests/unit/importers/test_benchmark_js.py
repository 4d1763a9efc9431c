"""benchmark.js: rates with their margin, colours, failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import left_out, only_run, runs_from, small_run


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "benchmark-js")
    assert [
        (each.name, each.unit, each.direction, each.summary and (each.summary.value, each.summary.count))
        for each in run.metrics
    ] == [("fib(10)", "1/s", "higher", (1_431_759.0, 93)), ('slow "x"', "1/s", "higher", (0.25, 5))]
    assert run.metrics[1].summary is not None
    assert run.metrics[1].summary.figures == {"margin_of_error": 0.025}
    assert left_out(run) == {"broken": "TypeError: no function"}


def test_colours_are_no_part_of_a_name(tmp_path: Path) -> None:
    run = only_run(tmp_path, "benchmark-js", "\x1b[36mfib x 10\x1b[0m x 1 ops/sec +/-0.5% (1 run sampled)\n")
    assert [each.name for each in run.metrics] == ["fib x 10"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing\n", "has no benchmark result"),
        ("a x 1.2.3 ops/sec ±1% (2 runs sampled)\n", "line 1: '1.2.3' is no number"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"results.txt: {message}"):
        runs_from(tmp_path, "benchmark-js", text)
