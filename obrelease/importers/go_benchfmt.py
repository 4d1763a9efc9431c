"""Go benchmark results: what `go test -bench` prints, also as events of `go test -json`.

Format: golang.org/design/14313-benchmark-format, and package golang.org/x/perf/benchfmt for unit metadata
and configuration lines. Lines of a benchmark with the same configuration are its samples. The suffix `-N`
of a name is the parameter `gomaxprocs`, parts such as `/size=10` are parameters as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import Direction, ToolRun, part_name
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost

_RESULT_LINE: Final = r"^Benchmark\S*[ \t]+[0-9]+[ \t]+[-+0-9.eE]+[ \t]+\S"
_TEST_EVENT: Final = r'^\{"Time":"[^"]*","Action":"[a-z]+","Package":'
_CONFIGURATION: Final = re.compile(r"([a-z][^\sA-Z:]*):(?:[ \t]+(.*))?")
_PROCESSORS: Final = re.compile(r"(.+)-([1-9][0-9]{0,5})")
_ENDED: Final = re.compile(r"\s*--- (FAIL|SKIP): (Benchmark\S*)")
_DIRECTIONS: Final[dict[str, Direction]] = {"lower": "lower", "higher": "higher"}
_IDENTITY_KEYS: Final = frozenset({"pkg", "goos", "goarch", "cpu", "commit", "date"})
"""Configuration that is a field of a run, or part of a name."""


@dataclass(slots=True)
class _Result:
    name: str
    values: list[tuple[float, str]]
    configuration: Mapping[str, str]


@dataclass(slots=True)
class _Results:
    """What the lines hold, before configuration that is common is separated from that of single results."""

    rows: MetricRows = field(default_factory=MetricRows)
    results: list[_Result] = field(default_factory=list)
    configuration: dict[str, str] = field(default_factory=dict)
    """Of the lines so far; it is replaced and never changed, because results share it."""
    unit_directions: dict[str, Direction] = field(default_factory=dict)


def _matches(head: FileHead) -> bool:
    if head.has_line(_TEST_EVENT):
        return '"Output":"Benchmark' in head.text
    return head.has_line(_RESULT_LINE)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    found = _Results()
    lines = _event_output(source) if source.head.has_line(_TEST_EVENT) else enumerate(source.lines(), 1)
    for number, line in lines:
        _read_line(found, number, line)
    if not found.results:
        raise source.error(
            "has no benchmark result", hint="lines such as `BenchmarkName 100 12.3 ns/op` are expected"
        )
    common = dict(found.results[0].configuration)
    for configuration in {id(each.configuration): each.configuration for each in found.results}.values():
        common = {key: text for key, text in common.items() if configuration.get(key) == text}
    for result in found.results:
        _add_result(found, result, common)
    yield ToolRun(
        tool="go",
        tool_version=None,
        title=common.get("pkg") or source.stem,
        metrics=found.rows.metrics(),
        left_out=found.rows.left_out,
        parameters={key: text for key, text in common.items() if key not in _IDENTITY_KEYS},
        stable=_stable(common),
        commit=common.get("commit"),
        created_ns=parse_date_ns(common.get("date", "")),
    )


def _event_output(source: Source) -> Iterator[tuple[int, str]]:
    """The lines that the packages printed, each with the number of the event that ended it."""
    unfinished: dict[str, str] = {}
    for number, line in enumerate(source.lines(), 1):
        if not line.startswith("{"):
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            raise source.error(f"line {number}: is no event of `go test -json`") from None
        if not isinstance(event, dict) or event.get("Action") != "output":
            continue
        package, output = str(event.get("Package", "")), str(event.get("Output", ""))
        *complete, rest = (unfinished.pop(package, "") + output).split("\n")
        unfinished[package] = rest
        for text in complete:
            yield number, text


def _read_line(found: _Results, number: int, line: str) -> None:
    if line.startswith("Benchmark"):
        _read_result(found, number, line)
    elif line.startswith(("Unit ", "Unit\t")):
        _read_unit(found, line)
    elif ended := _ENDED.match(line):
        found.rows.leave_out(ended[2], "failed" if ended[1] == "FAIL" else "was skipped")
    elif (pair := _CONFIGURATION.fullmatch(line)) and (pair[2] is not None or line.endswith(":")):
        if pair[2]:
            found.configuration = found.configuration | {pair[1]: pair[2].rstrip()}
        else:
            found.configuration = {key: text for key, text in found.configuration.items() if key != pair[1]}


def _read_result(found: _Results, number: int, line: str) -> None:
    """A result line; what begins like one and is none is left out, as benchstat does."""
    name, *fields = line.split()
    if not fields:
        return  # `go test -v` announces a benchmark by its name alone
    problem = _line_problem(fields)
    if problem:
        if fields[0].isdigit():
            found.rows.leave_out(name, f"line {number}: {problem}")
        return
    values = [(float(value), unit) for value, unit in zip(fields[1::2], fields[2::2], strict=True)]
    found.results.append(_Result(name, values, found.configuration))


def _line_problem(fields: list[str]) -> str | None:
    if not fields[0].isdigit():
        return "missing iteration count"
    if len(fields) < 3 or len(fields) % 2 == 0:
        return "missing measurements or units"
    for value in fields[1::2]:
        try:
            float(value)
        except ValueError:
            return f"{value[:40]!r} is no number"
    return None


def _read_unit(found: _Results, line: str) -> None:
    _, unit, *pairs = (*line.split(), "")
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key == "better" and value in _DIRECTIONS:
            found.unit_directions.setdefault(unit, _DIRECTIONS[value])


def _add_result(found: _Results, result: _Result, common: dict[str, str]) -> None:
    processors = _PROCESSORS.fullmatch(result.name)
    base = processors[1] if processors else result.name
    package = result.configuration.get("pkg")
    name = f"{package}.{base}" if package else base
    parameters: dict[str, Scalar] = {}
    for part in base.split("/")[1:]:
        key, equals, value = part.partition("=")
        if key and equals:
            parameters[key] = value
    if processors:
        parameters["gomaxprocs"] = int(processors[2])
    own = {key: text for key, text in result.configuration.items() if key != "pkg" and key not in common}
    parameters.update(own)
    has_time = False
    for value, text in result.values:
        unit = _unit(found, text)
        is_time = unit.unit == "ns" and text.endswith("/op")
        plain = (is_time and not has_time) or len(result.values) == 1
        has_time = has_time or is_time
        found.rows.add_samples(
            name if plain else part_name(name, text), unit, [value], parameters=parameters, primary=plain
        )


def _unit(found: _Results, text: str) -> MeasuredUnit:
    unit = measured_unit(text)
    return unit.directed(found.unit_directions[text]) if text in found.unit_directions else unit


def _stable(common: dict[str, str]) -> StableHost | None:
    if not common.keys() & {"goos", "goarch", "cpu"}:
        return None
    return StableHost(
        system=common.get("goos", UNKNOWN),
        machine=common.get("goarch", UNKNOWN),
        cpu_model=common.get("cpu", UNKNOWN),
        cpu_count=0,
        python="none",
    )


IMPORTER: Final = Importer(
    name="go",
    title="Go benchmark format, go test -bench",
    matches=_matches,
    read=_read,
    written_by="-bench .",
    suffix=".txt",
    media_type="text/plain",
)
