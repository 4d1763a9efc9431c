"""fio's JSON (`--output-format=json` and `json+`): rate, operations and latency of each job and direction.

Format: stat.c and docs of github.com/axboe/fio. Text that fio prints around the document is skipped. Jobs
of the same name are samples of the same metrics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, as_number, flat_scalars
from obrelease.importers.json_stream import read_stream
from obrelease.importers.measured_units import (
    BYTES_PER_SECOND,
    NANOSECONDS,
    OPERATIONS_PER_SECOND,
    MeasuredUnit,
)
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name

_DOCUMENT: Final = re.compile(r'^\{\s*"fio version"\s*:', re.MULTILINE)
_END: Final = re.compile(r"^\}", re.MULTILINE)
_DIRECTIONS: Final = ("read", "write", "trim")
_LATENCIES: Final = {"lat": True, "clat": False, "slat": False}
"""Whether a latency is the measurement: the total one is, completion and submission are its parts."""

_MICROSECONDS: Final = MeasuredUnit("ns", "lower", NANOSECONDS.factor * 1000)
_PERCENT: Final = MeasuredUnit("%", None)


def _matches(head: FileHead) -> bool:
    return _DOCUMENT.search(head.text) is not None


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    document = _document(source)
    rows = MetricRows()
    options = {"global options": document.object_or_empty("global options").value}
    for job in document.member("jobs" if document.has("jobs") else "client_stats").items():
        name = job.member("jobname").text()
        if job.optional_number("error"):
            rows.leave_out(name, f"ended with error {job.value['error']}")
            continue
        options[name] = job.object_or_empty("job options").value
        _add_job(rows, name, job)
    timestamp = document.optional_number("timestamp_ms")
    seconds = document.optional_number("timestamp")
    milliseconds = timestamp if timestamp is not None else seconds * 1_000 if seconds is not None else None
    yield ToolRun(
        tool="fio",
        tool_version=(document.optional_text("fio version") or "").removeprefix("fio-") or None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=flat_scalars(options),
        created_ns=int(milliseconds) * 10**6
        if milliseconds is not None and 0 <= milliseconds < 1e13
        else None,
    )


def _document(source: Source) -> Node:
    text = source.text()
    begin = _DOCUMENT.search(text)
    if begin is None:
        raise source.error("has no document that begins with 'fio version'")
    end = _END.search(text, begin.end())
    data = text[begin.start() : end.end() if end else None].encode()
    return Node(
        read_stream(lambda: BytesIO(data), len(data), source.place, keep="last").value, f"{source.place}: $"
    )


def _add_job(rows: MetricRows, job_name: str, job: Node) -> None:
    for direction in _DIRECTIONS:
        figures = job.object_or_empty(direction)
        if figures.optional_number("io_bytes") or figures.optional_number("total_ios"):
            _add_direction(rows, f"{job_name}/{direction}", figures)
    for key in ("usr_cpu", "sys_cpu"):
        if (value := job.optional_number(key)) is not None:
            rows.add_summary(part_name(job_name, key), _PERCENT, value, "value", primary=False)


def _add_direction(rows: MetricRows, name: str, figures: Node) -> None:
    if (iops := figures.optional_number("iops")) is not None:
        rows.add_summary(part_name(name, "iops"), OPERATIONS_PER_SECOND, iops, "mean")
    bandwidth = figures.optional_number("bw_bytes")
    if bandwidth is None and (kibibytes := figures.optional_number("bw")) is not None:
        bandwidth = kibibytes * 1024
    if bandwidth is not None:
        rows.add_summary(part_name(name, "bw"), BYTES_PER_SECOND, bandwidth, "mean")
    for key, primary in _LATENCIES.items():
        latency, unit = figures.optional(f"{key}_ns"), NANOSECONDS
        if latency is None:  # before version 3 latencies were microseconds
            latency, unit = figures.optional(key), _MICROSECONDS
        if latency is not None and latency.optional_number("mean") is not None:
            _add_latency(rows, part_name(name, key), latency, unit, primary=primary)


def _add_latency(rows: MetricRows, name: str, latency: Node, unit: MeasuredUnit, *, primary: bool) -> None:
    count = latency.optional_number("N")
    mean = latency.optional_number("mean")
    if count == 0 or mean is None:
        return
    figures: dict[str, float | None] = {
        "minimum": latency.optional_number("min"),
        "maximum": latency.optional_number("max"),
        "stddev": latency.optional_number("stddev"),
        **_percentiles(latency.object_or_empty("percentile").value),
    }
    rows.add_summary(
        name,
        unit,
        mean,
        "mean",
        count=int(count) if count is not None else None,
        figures=figures,
        primary=primary,
    )


def _percentiles(values: Mapping[str, object]) -> dict[str, float | None]:
    return {
        f"p{float(key):g}": as_number(value)
        for key, value in values.items()
        if re.fullmatch(r"\d+\.?\d*", key)
    }


IMPORTER: Final = Importer(
    name="fio",
    title="fio, --output-format=json",
    matches=_matches,
    read=_read,
    written_by="--output-format=json",
)
