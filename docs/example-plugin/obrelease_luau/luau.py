"""benchmark-luau: lines such as `SUCCESS: base64 : 15.041ms +/- 0.636% on luau`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun

LINE = r"SUCCESS: (\S+) +: +([\d.]+)(us|ms|s) \+/- +([\d.]+)% on (\S+)"


def matches(head: FileHead) -> bool:
    """Whether a file is of this format: it must not accept files of other tools."""
    return head.has_line(f"^{LINE}$")


def read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file; errors name the file and the line."""
    rows = MetricRows()
    for number, line in enumerate(source.lines(), 1):
        if found := re.fullmatch(LINE, line):
            name, value, unit, percent, driver = found.groups()
            mean = float(value)
            rows.add_summary(
                name,
                measured_unit(unit),
                mean,
                "mean",
                figures={"stddev": mean * float(percent) / 100},
                parameters={"driver": driver},
            )
        elif line.startswith("SUCCESS:"):
            raise source.error(f"line {number}: `NAME : TIME +/- PERCENT% on DRIVER` is expected")
    yield ToolRun(
        tool="luau", tool_version=None, title="luau", metrics=rows.metrics(), left_out=rows.left_out
    )


IMPORTER = Importer(
    name="luau",
    title="benchmark-luau",
    matches=matches,
    read=read,
    suffix=".txt",
    media_type="text/plain",
)
