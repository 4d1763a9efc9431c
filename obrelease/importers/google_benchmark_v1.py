"""Google Benchmark's JSON (`--benchmark_out_format=json`): each repetition's real and CPU time.

Format: github.com/google/benchmark, docs/user_guide.md, "Output Formats". Aggregates are not imported:
they are computed from the repetitions.

As version 1 of the artefact format imported it; see `version_1_formats`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

from obrelease.errors import InvalidInput
from obrelease.importers.json_reader import Node, read_json
from obrelease.importers.time_units import TIME_UNITS, parse_date_ns, to_nanoseconds
from obrelease.importers.version_1_import import ImportRequest, ToolResult, build_import, measurements_ns
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost, VolatileHost
from obrelease.models.artefact_draft import ArtefactDraft


def import_google_benchmark(request: ImportRequest) -> ArtefactDraft:
    """Read one file, which is what one process measured.

    Raises:
        InvalidInput: not such a file, only aggregates in it, or a benchmark that failed.
    """
    document = read_json(request.data, request.name)
    context = document.member("context")
    series: dict[str, list[float]] = {}
    for name, sample_ns in _samples(document):
        series.setdefault(name, []).append(sample_ns)
    if not series:
        raise InvalidInput(
            f"{request.name}: holds aggregates alone, or nothing",
            hint="run it without --benchmark_report_aggregates_only",
        )
    executable = context.text_or("executable", "google-benchmark")
    result = ToolResult(
        tool="google-benchmark",
        tool_version=context.text_or("library_version", UNKNOWN),
        scenario=PurePosixPath(PureWindowsPath(executable).as_posix()).name,
        stable=_stable(context),
        volatile=_volatile(context),
        measurements=measurements_ns(series.items()),
        parameters=dict(_parameters(context)),
        created_ns=parse_date_ns(context.text_or("date", "")),
    )
    return build_import(request, result, media_type="application/json", suffix=".json")


def _samples(document: Node) -> Iterator[tuple[str, float]]:
    for entry in document.member("benchmarks").items():
        if entry.text_or("run_type", "iteration") != "iteration":
            continue
        name = entry.text_or("run_name", "") or entry.member("name").text()
        if entry.has("error_occurred") and entry.member("error_occurred").flag():
            raise entry.error(
                f"benchmark {name!r} failed: {entry.text_or('error_message', 'no reason given')}"
            )
        unit = entry.text_or("time_unit", "ns")
        if unit not in TIME_UNITS:
            raise entry.error(f"time_unit {unit!r} is none of {', '.join(TIME_UNITS)}")
        yield name, to_nanoseconds(entry.member("real_time").number(), unit)
        yield f"{name}.cpu", to_nanoseconds(entry.member("cpu_time").number(), unit)


def _stable(context: Node) -> StableHost:
    """The number of processors is the only stable fact of the file."""
    return StableHost(
        system=UNKNOWN,
        machine=UNKNOWN,
        cpu_model=UNKNOWN,
        cpu_count=int(context.member("num_cpus").number()),
        python="none",
    )


def _volatile(context: Node) -> VolatileHost:
    """Clock frequency and load average."""
    loads = [load.number() for load in context.member("load_avg").items()] if context.has("load_avg") else []
    return VolatileHost(
        cpu_khz=int(context.member("mhz_per_cpu").number() * 1_000) if context.has("mhz_per_cpu") else None,
        load_1m_milli=int(loads[0] * 1_000) if loads else None,
    )


def _parameters(context: Node) -> Iterator[tuple[str, Scalar]]:
    if context.has("library_build_type"):
        yield "library-build-type", context.member("library_build_type").text()
    if context.has("cpu_scaling_enabled"):
        yield "cpu-scaling-enabled", context.member("cpu_scaling_enabled").flag()
