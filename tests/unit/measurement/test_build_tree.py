"""The build of a tree before it is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from obrelease.errors import MeasurementFailed
from obrelease.measurement.benchmark import Benchmark
from obrelease.measurement.build_tree import build_tree, error_of_build


def test_the_build_runs_in_the_folder_with_the_environment(tmp_path: Path) -> None:
    build_tree(
        Benchmark("x", "true", build="echo $NAME > built", environment={"NAME": "a"}), tmp_path, "base"
    )
    assert (tmp_path / "built").read_text() == "a\n"
    build_tree(Benchmark("x", "true"), tmp_path, "base")


def test_a_build_that_fails_is_named_with_its_side_and_its_error(tmp_path: Path) -> None:
    script = (
        "echo first; echo 'x.cpp:1: error: no x'; echo '  int x'; echo; echo compilation terminated; exit 2"
    )
    with pytest.raises(MeasurementFailed) as refused:
        build_tree(Benchmark("x", "true", build=script), tmp_path, "head")
    assert refused.value.message.startswith("the head cannot be built: ")
    assert refused.value.message.endswith("ended with 2: x.cpp:1: error: no x int x compilation terminated")


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("", "it printed nothing"),
        ("one\ntwo\n", "two"),
        ("make: cc: not found\nmake: stopped\n", "make: cc: not found make: stopped"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_the_first_error_or_the_last_line_is_shown(output: str, error: str) -> None:
    assert error_of_build(output) == error
