"""BenchmarkDotNet's JSON (exporters `json`, `fulljson`, `briefjson`): samples, memory and metrics of
diagnosers.

Format: src/BenchmarkDotNet/Exporters/Json/JsonExporterBase.cs of github.com/dotnet/BenchmarkDotNet. The
times are nanoseconds per operation. Benchmarks of several jobs have the same name; the job is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, flat_scalars
from obrelease.importers.measured_units import BYTES, COST_COUNT, NANOSECONDS, MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import ToolRun, part_name
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost

_JOB: Final = re.compile(r": (?P<id>[^\s(]+)(?:\((?P<settings>.*?)\))?(?: \[.*)?\Z", re.DOTALL)
_STAMP: Final = re.compile(r"-(\d{8})-(\d{6})\Z")
_GENERATED_JOB: Final = re.compile(r"Job-[A-Z0-9]+")
_FIGURES: Final = {
    "mean": "Mean", "median": "Median", "minimum": "Min", "maximum": "Max", "stddev": "StandardDeviation",
}  # fmt: skip


def _matches(head: FileHead) -> bool:
    return head.has_json("HostEnvironmentInfo", "Benchmarks") or head.has_json(
        "HostEnvironmentInfo.BenchmarkDotNetVersion"
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    document = source.json()
    host = document.object_or_empty("HostEnvironmentInfo")
    rows = MetricRows()
    for benchmark in document.member("Benchmarks").items():
        _add_benchmark(rows, benchmark)
    title = document.optional_text("Title") or source.stem
    stamp = _STAMP.search(title)
    yield ToolRun(
        tool="benchmark-dotnet",
        tool_version=host.optional_text("BenchmarkDotNetVersion"),
        title=title[: stamp.start()] if stamp and stamp.start() else title,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=_run_parameters(host),
        stable=_stable(host),
        created_ns=parse_date_ns(f"{stamp[1]}T{stamp[2]}") if stamp else None,
        notes=tuple(_warnings(host)),
    )


def _warnings(host: Node) -> Iterator[str]:
    """What the tool itself warns of."""
    if (host.optional_text("Configuration") or "").upper() == "DEBUG":
        yield "the benchmarks are a debug build (Configuration), which may change the times"
    debugger = host.optional("HasAttachedDebugger")
    if debugger and debugger.value is True:
        yield "a debugger was attached (HasAttachedDebugger), which may change the times"


def _run_parameters(host: Node) -> dict[str, Scalar]:
    keys = ("RuntimeVersion", "DotNetCliVersion", "Configuration", "HasRyuJit", "JitModules")
    return flat_scalars({key: host.value.get(key) for key in keys if host.value.get(key) not in (None, "")})


def _add_benchmark(rows: MetricRows, benchmark: Node) -> None:
    name = benchmark.optional_text("FullName") or _composed_name(benchmark)
    parameters = _parameters(benchmark)
    statistics = benchmark.optional("Statistics")
    if statistics is None:
        rows.leave_out(name, "has no statistics: it failed or was not run")
        return
    values = statistics.optional("OriginalValues")
    if values is not None and (samples := values.numbers()):
        rows.add_samples(name, NANOSECONDS, samples, parameters=parameters)
    else:
        figures = {key: statistics.optional_number(member) for key, member in _FIGURES.items()}
        value = figures.pop("median")
        statistic, value = ("median", value) if value is not None else ("mean", figures.pop("mean"))
        if value is None:
            raise statistics.error("has neither 'OriginalValues' nor 'Median' nor 'Mean'")
        count = statistics.optional_number("N")
        rows.add_summary(
            name,
            NANOSECONDS,
            value,
            "median" if statistic == "median" else "mean",
            count=int(count) if count is not None else None,
            figures=figures,
            parameters=parameters,
        )
    _add_counters(rows, name, benchmark, parameters)


def _composed_name(benchmark: Node) -> str:
    parts = [benchmark.optional_text(key) for key in ("Namespace", "Type", "Method")]
    if not parts[2]:
        raise benchmark.error("has neither 'FullName' nor 'Method'")
    name = ".".join(part for part in parts if part)
    arguments = benchmark.optional_text("Parameters")
    return f"{name}({arguments})" if arguments else name


def _parameters(benchmark: Node) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for pair in (benchmark.optional_text("Parameters") or "").split("&"):
        key, equals, value = pair.partition("=")
        if equals and key:
            found[key] = value
    if job := _JOB.search(benchmark.optional_text("DisplayInfo") or ""):
        generated = _GENERATED_JOB.fullmatch(job["id"]) and job["settings"]
        found["job"] = job["settings"] if generated else job["id"]
    return found


def _add_counters(rows: MetricRows, name: str, benchmark: Node, parameters: dict[str, Scalar]) -> None:
    metrics = benchmark.optional("Metrics")
    if metrics is None:
        memory = benchmark.object_or_empty("Memory")
        if (allocated := memory.optional_number("BytesAllocatedPerOperation")) is not None:
            allocated_name = part_name(name, "Allocated Memory")
            rows.add_summary(allocated_name, BYTES, allocated, "value", parameters=parameters, primary=False)
        return
    for metric in metrics.items():
        descriptor = metric.object_or_empty("Descriptor")
        label = descriptor.optional_text("Id") or descriptor.optional_text("DisplayName")
        value = metric.optional_number("Value")
        if label and value is not None:
            unit = _counter_unit(descriptor)
            rows.add_summary(
                part_name(name, label), unit, value, "value", parameters=parameters, primary=False
            )


def _counter_unit(descriptor: Node) -> MeasuredUnit:
    unit = measured_unit(descriptor.optional_text("Unit") or "")
    greater = descriptor.optional("TheGreaterTheBetter")
    if greater is None or not isinstance(greater.value, bool):
        return unit if unit.unit != "1" else COST_COUNT.directed(None)
    return unit.directed("higher" if greater.value else "lower")


def _stable(host: Node) -> StableHost | None:
    processor = host.optional("ProcessorName")
    model = processor.value if processor else None
    if isinstance(model, dict):  # version 0.9 wrote an object
        model = model.get("Value")
    count = host.optional_number("LogicalCoreCount") or host.optional_number("ProcessorCount")
    system, machine = host.optional_text("OsVersion"), host.optional_text("Architecture")
    if not (model or system or machine or count):
        return None
    return StableHost(
        system=system or UNKNOWN,
        machine=machine or UNKNOWN,
        cpu_model=model if isinstance(model, str) and model else UNKNOWN,
        cpu_count=int(count or 0),
        python="none",
    )


IMPORTER: Final = Importer(
    name="benchmark-dotnet",
    title="BenchmarkDotNet, --exporters json",
    matches=_matches,
    read=_read,
    written_by="--exporters json",
)
