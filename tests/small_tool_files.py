"""Small files in the grammar of each benchmark tool, and what reads them in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.source import Source, source_of
from obrelease.importers.tool_run import ToolMetric, ToolRun

_DATA: Final = Path(__file__).parent / "data"
SMALL_FILES: Final = _DATA / "small_tool_files"

DETECTED: Final[dict[str, Path]] = {
    "google-benchmark": _DATA / "imports" / "google_benchmark.json",
    "pytest-benchmark": _DATA / "imports" / "pytest_benchmark.json",
    "hyperfine": _DATA / "imports" / "hyperfine.json",
    "hlog": _DATA / "imports" / "hdr_histogram_js.hlog",
    "go": SMALL_FILES / "go.txt",
    "cargo-bench": SMALL_FILES / "cargo-bench.txt",
    "criterion": SMALL_FILES / "criterion.json",
    "criterion-text": SMALL_FILES / "criterion-text.txt",
    "jmh": SMALL_FILES / "jmh.json",
    "benchmark-dotnet": SMALL_FILES / "benchmark-dotnet.json",
    "catch2": SMALL_FILES / "catch2.xml",
    "catch2-text": SMALL_FILES / "catch2-text.txt",
    "nanobench": SMALL_FILES / "nanobench.json",
    "benchmark-js": SMALL_FILES / "benchmark-js.txt",
    "vitest": SMALL_FILES / "vitest.json",
    "julia": SMALL_FILES / "julia.json",
    "pyperf": SMALL_FILES / "pyperf.json",
    "asv": SMALL_FILES / "asv.json",
    "k6": SMALL_FILES / "k6.json",
    "perf-stat": SMALL_FILES / "perf-stat.txt",
    "fio": SMALL_FILES / "fio.txt",
    "bencher": SMALL_FILES / "bencher.json",
    "custom": SMALL_FILES / "custom.json",
    "github-action-benchmark": SMALL_FILES / "github-action-benchmark.js",
}
"""A file of each format that can be detected, by the name of the format."""

CHOSEN_BY_NAME: Final = {"custom-smaller-is-better": "custom", "custom-bigger-is-better": "custom"}
"""Formats that are never detected, and the one whose files they read."""


def small_file(format_name: str) -> bytes:
    """A small file of any built-in format."""
    return DETECTED[CHOSEN_BY_NAME.get(format_name, format_name)].read_bytes()


def source_from(folder: Path, data: bytes | str, name: str = "results.txt") -> Source:
    """A source that holds these bytes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return source_of(path, place=name)


def runs_from(folder: Path, format_name: str, data: bytes | str, name: str = "results.txt") -> list[ToolRun]:
    """The runs of a file that holds these bytes, read as one format."""
    return list(read_runs(importer_named(format_name), source_from(folder, data, name)))


def only_run(folder: Path, format_name: str, data: bytes | str, name: str = "results.txt") -> ToolRun:
    """The one run of such a file."""
    (run,) = runs_from(folder, format_name, data, name)
    return run


def small_run(folder: Path, format_name: str) -> ToolRun:
    """The one run of the small file of a format."""
    return only_run(folder, format_name, small_file(format_name))


def metrics_by_name(run: ToolRun) -> dict[str, ToolMetric]:
    """The metrics of a run whose names differ."""
    found = {metric.name: metric for metric in run.metrics}
    assert len(found) == len(run.metrics)
    return found


def left_out(run: ToolRun) -> dict[str, str]:
    """The reasons of the rows that are left out, by name."""
    return {row.name: row.reason for row in run.left_out}
