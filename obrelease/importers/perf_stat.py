"""Linux `perf stat -j`: one JSON object for each event, and for each interval, processor or group if asked
for.

Format: tools/perf/util/stat-display.c of the Linux kernel. Values are texts; an event that the machine does
not have is `<not supported>`. With `-r` a value is the mean of several executions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import as_number, scalar_of
from obrelease.importers.measured_units import COUNT, MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name
from obrelease.models.artefact import Scalar

_EVENT_LINE: Final = r'^\{.*"(?:counter-value|metric-value)" ?: ?"?[^,]*"?, ?"(?:unit|metric-unit)" ?: ?"'
_SCOPES: Final = ("cpu", "core", "socket", "die", "node", "cache", "thread", "cgroup", "aggregate-number")
_NOT_COUNTED: Final = ("<not supported>", "<not counted>")
_COSTS: Final = re.compile(
    r"(?:\w+/)?(?:cpu-)?(?:cycles|instructions|faults|page-faults|major-faults|minor-faults|context-switches|cs"
    r"|cpu-migrations|migrations|.*-misses|.*-load-misses|.*-store-misses|stalled-cycles-\w+)(?:[:/].*)?",
    re.IGNORECASE,
)


def _matches(head: FileHead) -> bool:
    return head.has_line(_EVENT_LINE)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file; intervals are samples, processors and groups are parameters."""
    rows = MetricRows()
    event = ""
    for number, line in enumerate(source.lines(), 1):
        if not line.startswith("{"):
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise source.error(f"line {number}: is no JSON object of perf stat") from None
        if isinstance(row, dict):
            event = _add_row(rows, source, number, row, event)
    if not rows and not rows.left_out:
        raise source.error("has no event", hint="write it with `perf stat -j -o FILE`")
    yield ToolRun(
        tool="perf-stat",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _add_row(rows: MetricRows, source: Source, number: int, row: Mapping[str, Any], before: str) -> str:
    """Add an event; returns its name. A row of a derived metric alone belongs to the event before."""
    event = row.get("event")
    name = event if isinstance(event, str) and event else before
    if not name:
        raise source.error(f"line {number}: has no 'event'")
    parameters: dict[str, Scalar] = {
        key: scalar for key in _SCOPES if (scalar := scalar_of(row.get(key))) is not None
    }
    if "counter-value" in row:
        _add_counter(rows, source, number, name, row, parameters)
    unit, derived = row.get("metric-unit"), _number(row.get("metric-value"))
    if isinstance(unit, str) and unit.strip() and derived is not None:
        metric = part_name(name, unit.strip())
        rows.add_samples(
            metric, MeasuredUnit(unit.strip(), None), [derived], parameters=parameters, primary=False
        )
    return name


def _add_counter(
    rows: MetricRows,
    source: Source,
    number: int,
    name: str,
    row: Mapping[str, Any],
    parameters: dict[str, Scalar],
) -> None:
    text = row["counter-value"]
    if isinstance(text, str) and text.strip() in _NOT_COUNTED:
        rows.leave_out(name, text.strip(" <>"))
        return
    value = _number(text)
    if value is None:
        raise source.error(f"line {number}: 'counter-value' of {name[:80]!r} is no number")
    unit = row.get("unit")
    measured = measured_unit(unit) if isinstance(unit, str) else COUNT
    if measured.unit == "1" and _COSTS.fullmatch(name):
        measured = measured.directed("lower")
    variance = as_number(row.get("variance"))
    if variance is None or row.get("interval") is not None:
        rows.add_samples(name, measured, [value], parameters=parameters)
    else:
        figures = {"stddev_of_mean": value * variance / 100}
        rows.add_summary(name, measured, value, "mean", figures=figures, parameters=parameters)


def _number(value: object) -> float | None:
    return parse_number(value.strip()) if isinstance(value, str) else as_number(value)


IMPORTER: Final = Importer(
    name="perf-stat",
    title="Linux perf stat -j",
    matches=_matches,
    read=_read,
    written_by="-j -o FILE",
)
