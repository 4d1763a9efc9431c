"""Bencher Metric Format: benchmarks by name, each with measures by name, each with a value and its bounds.

Format: bencher.dev/docs/reference/bencher-metric-format. The built-in measures have a unit; what a measure
of a project's own means is not in the file, so it has neither unit nor direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import as_number
from obrelease.importers.measured_units import (
    BYTES,
    COST_COUNT,
    COUNT,
    NANOSECONDS,
    OPERATIONS_PER_SECOND,
    SECONDS,
    MeasuredUnit,
)
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name

_MEASURES: Final[dict[str, MeasuredUnit]] = {
    "latency": NANOSECONDS,
    "throughput": OPERATIONS_PER_SECOND,
    "allocated": BYTES,
    "build-time": SECONDS,
    "file-size": BYTES,
    "instructions": COST_COUNT,
    "estimated-cycles": COST_COUNT,
}
"""Measures of Bencher itself by slug; `_slug` gives that of a name."""


def _matches(head: FileHead) -> bool:
    return head.begins_with(
        r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"(?:lower_|upper_)?value"\s*:'
    ) and not head.has_json("metrics")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    rows = MetricRows()
    for benchmark, measures in source.json().members():
        for measure, metric in measures.members():
            node = metric.member("value")
            name = benchmark if _slug(measure) == "latency" else part_name(benchmark, measure)
            value = as_number(node.value)
            if value is None:
                rows.leave_out(name, f"has a value that is no number: {str(node.value)[:80]}")
                continue
            rows.add_summary(
                name,
                _MEASURES.get(_slug(measure), COUNT),
                value,
                "value",
                figures={
                    "lower": metric.optional_number("lower_value"),
                    "upper": metric.optional_number("upper_value"),
                },
            )
    if not rows and not rows.left_out:
        raise source.error("has no benchmark")
    yield ToolRun(
        tool="bencher",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _slug(measure: str) -> str:
    return "-".join(measure.lower().replace("_", " ").split())


IMPORTER: Final = Importer(name="bencher", title="Bencher Metric Format", matches=_matches, read=_read)
