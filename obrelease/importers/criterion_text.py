"""Rust's criterion, the text that it prints: `name time: [low estimate high]`, and `thrpt:` below.

Format: `CliReport` in src/report.rs of github.com/bheisler/criterion.rs. The middle figure is the slope or
the mean, the others are its confidence interval. The folder `target/criterion` has every sample and is the
better source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name

_INTERVAL: Final = r"\[(\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\]"
_TIME_LINE: Final = rf"^.*(?:^|\s)time: +{_INTERVAL}"
_TIME: Final = re.compile(rf"(?P<name>.*?)\s*time: +{_INTERVAL}\s*")
_THROUGHPUT: Final = re.compile(rf"\s*thrpt: +{_INTERVAL}\s*")
_BEGINNING: Final = re.compile(r"Benchmarking (?P<name>.+?)(?:: (?:Warming up|Collecting|Analyzing).*)?")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")


def _matches(head: FileHead) -> bool:
    return head.has_line(_TIME_LINE)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    rows = MetricRows()
    begun, name = "", ""
    for number, raw in enumerate(source.lines(), 1):
        line = _COLOURS.sub("", raw)
        if timed := _TIME.fullmatch(line):
            name = timed["name"].strip() or begun
            if not name:
                raise source.error(f"line {number}: has a time, and no benchmark was named before")
            _add(rows, source, number, name, timed.groups()[1:], primary=True)
        elif (throughput := _THROUGHPUT.fullmatch(line)) and name:
            _add(rows, source, number, part_name(name, "thrpt"), throughput.groups(), primary=False)
        elif beginning := _BEGINNING.fullmatch(line):
            begun = beginning["name"]
        elif line.strip() and not line.startswith((" ", "\t")):
            begun = line.strip()
    if not rows:
        raise source.error("has no benchmark result")
    yield ToolRun(
        tool="criterion",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _add(
    rows: MetricRows, source: Source, number: int, name: str, interval: tuple[str, ...], *, primary: bool
) -> None:
    figures = [_value(source, number, *interval[index : index + 2]) for index in (0, 2, 4)]
    low, estimate, high = (unit.convert(value) for value, unit in figures)
    base = figures[1][1]
    plain = MeasuredUnit(base.unit, base.direction)
    rows.add_summary(name, plain, estimate, "value", figures={"low": low, "high": high}, primary=primary)


def _value(source: Source, number: int, text: str, unit: str) -> tuple[float, MeasuredUnit]:
    value = parse_number(text)
    if value is None:
        raise source.error(f"line {number}: {text[:40]!r} is no number")
    return value, measured_unit(unit)


IMPORTER: Final = Importer(
    name="criterion-text",
    title="Rust, criterion: the text that it prints",
    matches=_matches,
    read=_read,
    suffix=".txt",
    media_type="text/plain",
)
