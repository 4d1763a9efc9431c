"""Catch2's console reporter, versions 2 and 3: the tables of benchmarks that it prints by default.

Format: src/catch2/reporters/catch_reporter_console.cpp of github.com/catchorg/Catch2. A table stands below
a block with the names of test case and sections; each benchmark has three lines. The figures are rounded to
six digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import NANOSECONDS, measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun

_PROGRAM: Final = r"^(\S+) is a Catch2? v([\d.]+\S*) host application"
_TABLE: Final = r"^benchmark name +samples +iterations +est"
_RULE: Final = re.compile(r"-{40,}")
_FIRST: Final = re.compile(
    r"(?P<name>.*?)\s+(?P<samples>[0-9]{1,15})\s+(?P<iterations>\d+)\s+[\d.e+-]+ (?:ns|us|ms|s|m|h)\s*"
)
_FIGURES: Final = re.compile(r"\s*" + r"\s+".join([r"(\S+) (ns|us|ms|s|m|h)"] * 3) + r"\s*")
_FAILED: Final = re.compile(r"(?P<name>.*?)\s*(?P<reason>Benchmark failed \(.*)")


State = Literal["outside", "names", "place", "head", "rows"]


@dataclass(slots=True)
class _Table:
    """What is known of the benchmark that is being read, and where in the text the reader is."""

    rows: MetricRows = field(default_factory=MetricRows)
    state: State = "outside"
    path: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    count: int | None = None
    mean: tuple[float, float, float] | None = None

    def begin_benchmark(self) -> None:
        """Forget the benchmark before."""
        self.name, self.count, self.mean = [], None, None


_AFTER_RULE: Final[dict[State, State]] = {
    "outside": "names",
    "names": "place",
    "place": "names",
    "head": "rows",
    "rows": "names",
}
"""What follows a line of dashes."""


def _matches(head: FileHead) -> bool:
    return head.has_line(_TABLE) and head.has_line(r"^ +mean +low mean +high mean")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    table, program, version = _Table(), None, None
    for line in source.lines():
        if found := re.match(_PROGRAM, line):
            program, version = found[1], found[2].rstrip(".")
        _read_line(table, line)
    if not table.rows and not table.rows.left_out:
        raise source.error("has no benchmark in its tables", hint="the output may be cut off")
    yield ToolRun(
        tool="catch2",
        tool_version=version,
        title=program or source.stem,
        metrics=table.rows.metrics(),
        left_out=table.rows.left_out,
    )


def _read_line(table: _Table, line: str) -> None:
    if _RULE.fullmatch(line):
        table.state = _AFTER_RULE[table.state]
        table.begin_benchmark()
        if table.state == "names":
            table.path = []
    elif re.match(_TABLE, line):
        table.state = "head"
    elif table.state == "names":
        table.path.append(line.strip())
    elif line.startswith(("=====", "~~~~~")):
        table.state = "outside"
    elif not line.strip():
        table.begin_benchmark()
    elif table.state == "rows":
        _read_row(table, line)


def _read_row(table: _Table, line: str) -> None:
    figures = _FIGURES.fullmatch(line)
    if table.count is not None and figures:
        values = _nanoseconds(figures)
        if table.mean is None:
            table.mean = values
            return
        _add(table, values[0])
    elif failed := _FAILED.fullmatch(line):
        table.rows.leave_out(_name(table, failed["name"]), failed["reason"].rstrip())
        table.begin_benchmark()
    elif first := _FIRST.fullmatch(line):
        table.name.append(first["name"].strip())
        table.count, table.mean = int(first["samples"]), None
    elif not line.startswith("    "):
        table.name.append(line.strip())


def _nanoseconds(figures: re.Match[str]) -> tuple[float, float, float]:
    found = []
    for index in (1, 3, 5):
        try:
            value = float(figures[index])
        except ValueError:
            value = float("nan")
        found.append(measured_unit(figures[index + 1]).convert(value))
    return found[0], found[1], found[2]


def _name(table: _Table, last: str) -> str:
    own = " ".join(filter(None, (*table.name, last)))
    return "/".join((*filter(None, table.path), own))


def _add(table: _Table, deviation: float) -> None:
    mean, low, high = table.mean or (float("nan"),) * 3
    table.rows.add_summary(
        _name(table, ""),
        NANOSECONDS,
        mean,
        "mean",
        count=table.count,
        figures={"mean_low": low, "mean_high": high, "stddev": deviation},
    )
    table.begin_benchmark()


IMPORTER: Final = Importer(
    name="catch2-text",
    title="Catch2, console reporter",
    matches=_matches,
    read=_read,
    suffix=".txt",
    media_type="text/plain",
)
