"""The results files of another tool: only those that this run wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.errors import MeasurementFailed, UsageError
from obrelease.measurement.benchmark import Benchmark, CommandLine
from obrelease.measurement.tool_output import run_tool


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a folder").mkdir()
    return tmp_path / "a folder"


def benchmark(run: CommandLine, *files: str) -> Benchmark:
    return Benchmark("tool", run, format="hyperfine", files=files)


@pytest.mark.parametrize(
    "run", ["echo results > {output}", ("sh", "-c", 'echo results > "$1"', "sh", "{output}.json")]
)
def test_the_output_file_is_named_by_a_placeholder(run: CommandLine, folder: Path, scratch: Path) -> None:
    (path,) = run_tool(benchmark(run), folder, scratch).files
    assert path.read_text() == "results\n"
    assert path.parent == scratch


def test_the_standard_output_is_the_default(folder: Path, scratch: Path) -> None:
    (path,) = run_tool(benchmark("echo results; echo note >&2"), folder, scratch).files
    assert path.read_text() == "results\n"


def test_only_new_and_changed_files_are_taken(folder: Path, scratch: Path) -> None:
    for name in ("old", "same", "rewritten"):
        (folder / f"{name}.json").write_text("x\n")
        os.utime(folder / f"{name}.json", ns=(0, 0))
    run = "touch -d @0 same.json; echo x > rewritten.json; mkdir sub; echo y > sub/new.json"
    found = run_tool(benchmark(run, "*.json", "sub/*.json"), folder, scratch).files
    assert [path.relative_to(folder).as_posix() for path in found] == ["rewritten.json", "sub/new.json"]


@pytest.mark.parametrize(
    ("run", "files"), [("true", ["*.json"]), ("true # {output}", []), ("mkdir x.json", ["*.json"])]
)
def test_a_tool_that_writes_nothing_is_an_error(
    run: str, files: list[str], folder: Path, scratch: Path
) -> None:
    with pytest.raises(MeasurementFailed, match="wrote no new file"):
        run_tool(benchmark(run, *files), folder, scratch)


@pytest.mark.parametrize("pattern", ["../*.json", "/tmp/*.json", "a/../../b", ""])
def test_a_pattern_that_leads_out_is_refused(pattern: str, folder: Path, scratch: Path) -> None:
    with pytest.raises(UsageError, match="leads out of the working folder"):
        run_tool(benchmark("true", pattern), folder, scratch)


def test_a_tool_that_fails_is_refused_with_its_last_line(folder: Path, scratch: Path) -> None:
    with pytest.raises(MeasurementFailed, match="exit code 4: no such benchmark"):
        run_tool(benchmark("echo no such benchmark >&2; exit 4"), folder, scratch)
