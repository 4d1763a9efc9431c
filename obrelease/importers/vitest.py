"""Vitest's benchmarks (`vitest bench --outputJson FILE`, before version 2 `--reporter=json`): times in
milliseconds.

Format: packages/vitest/src/node/reporters/benchmark of github.com/vitest-dev/vitest; the figures are those of
github.com/tinylibs/tinybench. The rate `hz` is 1,000 divided by the mean, and so no metric of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node
from obrelease.importers.measured_units import MILLISECONDS
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun

_FIGURES: Final = {
    "median": "median", "mean": "mean", "minimum": "min", "maximum": "max", "stddev": "sd",
    "p75": "p75", "p99": "p99", "p995": "p995", "p999": "p999",
}  # fmt: skip


def _matches(head: FileHead) -> bool:
    return head.has_json("files[].filepath", "files[].groups") or _old_results(head)


def _old_results(head: FileHead) -> bool:
    return head.has_json("testResults") and any(
        path.startswith("testResults.") and path.endswith("[].hz") for path in head.json_paths
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file; a benchmark is named by file, suites and its own name, joined by ` > `."""
    document = source.json()
    rows = MetricRows()
    if document.has("files"):
        for file in document.member("files").items():
            for group in file.member("groups").items():
                _add_group(rows, group.member("fullName").text(), group.member("benchmarks"))
    else:
        for full_name, benchmarks in document.member("testResults").members():
            _add_group(rows, full_name, benchmarks)
    if not rows and not rows.left_out:
        raise source.error("has no benchmark", hint="write it with `vitest bench --outputJson FILE`")
    yield ToolRun(
        tool="vitest",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _add_group(rows: MetricRows, full_name: str, benchmarks: Node) -> None:
    for benchmark in benchmarks.items():
        name = (
            f"{full_name} > {benchmark.member('name').text()}"
            if full_name
            else benchmark.member("name").text()
        )
        samples = benchmark.optional("samples")
        if samples is not None and (values := samples.numbers()):
            rows.add_samples(name, MILLISECONDS, values)
            continue
        figures = {key: benchmark.optional_number(member) for key, member in _FIGURES.items()}
        median, mean = figures.pop("median"), figures["mean"]
        count = benchmark.optional_number("sampleCount")
        if median is not None:
            value, statistic = median, "median"
        elif mean is not None:
            value, statistic = mean, "mean"
            del figures["mean"]
        else:
            rows.leave_out(name, "has no times: it failed or was not run")
            continue
        rows.add_summary(
            name,
            MILLISECONDS,
            value,
            "median" if statistic == "median" else "mean",
            count=int(count) if count is not None else None,
            figures=figures,
        )


IMPORTER: Final = Importer(
    name="vitest",
    title="Vitest, vitest bench --outputJson",
    matches=_matches,
    read=_read,
    written_by="--outputJson FILE",
)
