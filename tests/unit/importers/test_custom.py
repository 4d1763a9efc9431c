"""Lists of name, unit and value: directions by unit or by the format's name, ranges, extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from tests.small_tool_files import (
    left_out,
    runs_from,
    small_run,
)


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "custom")
    assert [
        (each.name, each.unit, each.direction, each.summary and (each.summary.value, each.summary.figures))
        for each in run.metrics
    ] == [
        ("render - time", "ns", "lower", (1_500_000.0, {"range": 150_000.0})),
        ("render - rate", "1/s", "higher", (2_500.0, {"range": 25.0})),
        ("memory", "B", "lower", (2.0 * 2**20, {})),
        ("score", "points", None, (70.5, {})),
    ]
    assert left_out(run) == {"broken": "has a value that is no number: none"}
    assert run.parameters == {"extra: render - time": "first\nsecond"}


@pytest.mark.parametrize(("name", "direction"), [("smaller", "lower"), ("bigger", "higher")])
def test_the_format_gives_one_direction_to_all(tmp_path: Path, name: str, direction: str) -> None:
    run = small_run(tmp_path, f"custom-{name}-is-better")
    assert {each.direction for each in run.metrics} == {direction}
    assert len(run.metrics) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "has no row"),
        ('[{"unit": "ms", "value": 1}]', r"\$\[0\]: has no 'name'"),
        ('[{"name": "a", "unit": "ms"}]', r"\$\[0\]: has no 'value'"),
        ("{}", "is not a list"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"results.txt: .*{message}"):
        runs_from(tmp_path, "custom", text)
