"""Julia's BenchmarkTools (`BenchmarkTools.save("FILE.json", results)`): trials and estimates of nested
groups.

Format: src/serialization.jl and src/trials.jl of github.com/JuliaCI/BenchmarkTools.jl. Times are
nanoseconds of an evaluation, memory is bytes. The name of a benchmark is the path of its groups, with `/`
between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, as_number
from obrelease.importers.measured_units import BYTES, COST_COUNT, NANOSECONDS
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name


def _matches(head: FileHead) -> bool:
    return head.has_json("[].Julia", "[].BenchmarkTools")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    document = list(source.json().items())
    if len(document) != 2:
        raise source.error("is not a list of versions and values, as BenchmarkTools.save writes it")
    versions, values = document
    rows, parameters_only = MetricRows(), False
    for value in values.items():
        parameters_only |= _add(rows, value, ())
    if not rows and not rows.left_out:
        reason = "has parameters of benchmarks alone" if parameters_only else "has no trial and no estimate"
        raise source.error(reason, hint="save what `run(suite)` returns")
    yield ToolRun(
        tool="julia",
        tool_version=versions.optional_text("BenchmarkTools"),
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters={"julia": version} if (version := versions.optional_text("Julia")) else {},
    )


def _add(rows: MetricRows, value: Node, path: tuple[str, ...]) -> bool:
    """Add a value of any type; returns whether there are parameters of benchmarks in it.

    Raises:
        InvalidInput: it is not of the form `[type, fields]`.
    """
    items = list(value.items())
    if len(items) != 2 or not isinstance(items[0].value, str):
        raise value.error("is not a pair of type and fields")
    kind, fields = items[0].text().removeprefix("BenchmarkTools."), items[1]
    name = "/".join(path) or "benchmark"
    if kind == "BenchmarkGroup":
        members = [_add(rows, node, (*path, key)) for key, node in fields.member("data").members()]
        return any(members)
    if kind.startswith(("Array{", "Vector{")):
        members = [_add(rows, node, path) for node in fields.items()]
        return any(members)
    if kind == "Trial":
        _add_trial(rows, name, fields)
    elif kind == "TrialEstimate":
        _add_estimate(rows, name, fields)
    elif kind != "Parameters":
        rows.leave_out(name, f"is a {kind}, neither a trial nor an estimate")
    return kind == "Parameters"


def _add_trial(rows: MetricRows, name: str, fields: Node) -> None:
    times = fields.member("times").numbers()
    if not times:
        rows.leave_out(name, "has no times")
        return
    rows.add_samples(name, NANOSECONDS, times)
    if (gc_times := fields.optional("gctimes")) is not None:
        rows.add_samples(part_name(name, "gctime"), NANOSECONDS, gc_times.numbers(), primary=False)
    _add_memory(rows, name, fields)


def _add_estimate(rows: MetricRows, name: str, fields: Node) -> None:
    measured = fields.member("time")
    if (value := as_number(measured.value)) is None:
        rows.leave_out(name, f"has the time {measured.value!r}"[:200])
        return
    rows.add_summary(name, NANOSECONDS, value, "value")
    if (gc_time := fields.optional_number("gctime")) is not None:
        rows.add_summary(part_name(name, "gctime"), NANOSECONDS, gc_time, "value", primary=False)
    _add_memory(rows, name, fields)


def _add_memory(rows: MetricRows, name: str, fields: Node) -> None:
    for key, unit in (("memory", BYTES), ("allocs", COST_COUNT)):
        if (value := fields.optional_number(key)) is not None:
            rows.add_summary(part_name(name, key), unit, value, "value", primary=False)


IMPORTER: Final = Importer(
    name="julia",
    title="Julia, BenchmarkTools.save",
    matches=_matches,
    read=_read,
    written_by='BenchmarkTools.save("FILE.json", results)',
)
