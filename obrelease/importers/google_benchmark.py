"""Google Benchmark's JSON (`--benchmark_out_format=json`): times, counters and aggregates of each benchmark.

Format: github.com/google/benchmark, docs/user_guide.md, "Output Formats", and src/json_reporter.cc. A
benchmark has one row for each repetition, or only aggregates (`--benchmark_report_aggregates_only`). Versions
before 1.5 have neither `run_type` nor `run_name`. Coefficients of complexity (`BigO`, `RMS`)
are no measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from obrelease.importers.google_benchmark_rows import Row, classified_rows
from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, flat_scalars, is_not_finite
from obrelease.importers.metric_series import MetricSeries
from obrelease.importers.source import FileHead, Source, program_name
from obrelease.importers.time_units import TIME_UNITS, parse_date_ns, to_nanoseconds
from obrelease.importers.tool_run import FULL_COMMIT, Direction, LeftOut, ToolRun, part_name
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost, VolatileHost

_CPU_TIME: Final = "cpu_time"
_TIMES: Final = ("real_time", _CPU_TIME)
_FIELDS: Final = frozenset(
    {
        "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
        "repetition_index", "threads", "aggregate_name", "aggregate_unit", "iterations", *_TIMES, "time_unit",
        "label", "error_occurred", "error_message", "skipped", "skip_message", "cpu_coefficient",
        "real_coefficient", "big_o", "rms",
    }
)  # fmt: skip
"""Keys of a row that are no counters."""

_KNOWN_COUNTERS: Final[dict[str, tuple[str, Direction]]] = {
    "items_per_second": ("1/s", "higher"),
    "bytes_per_second": ("B/s", "higher"),
    "allocs_per_iter": ("1", "lower"),
    "max_bytes_used": ("B", "lower"),
    "total_allocated_bytes": ("B", "lower"),
    "net_heap_growth": ("B", "lower"),
}
"""Counters of the library itself, with unit and direction."""

_FACTS_OF_THE_CONTEXT: Final = frozenset(
    {
        "date",
        "host_name",
        "executable",
        "num_cpus",
        "mhz_per_cpu",
        "load_avg",
        "library_version",
        "json_schema_version",
    }
)
"""Keys of the context that are fields of a run, or change from run to run."""

_COMMIT_KEYS: Final = (
    "git_sha",
    "git_commit",
    "git_hash",
    "git_revision",
    "commit",
    "commit_sha",
    "revision",
)
"""Keys of a custom context (`--benchmark_context`) under which projects write their commit."""


def _matches(head: FileHead) -> bool:
    return head.has_json("context", "benchmarks") and (
        head.has_json("benchmarks[].name", "benchmarks[].time_unit") or head.has_json("context.num_cpus")
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file, which is what one process measured."""
    document, duplicates = source.json_and_duplicates(keep="first")
    context = document.object_or_empty("context")
    series = MetricSeries()
    rows, left_out = classified_rows(document.member("benchmarks"))
    for row in rows:
        _add_row(series, row)
    executable = context.optional_text("executable")
    yield ToolRun(
        tool="google-benchmark",
        tool_version=context.optional_text("library_version"),
        title=program_name(executable) if executable else source.stem,
        metrics=series.metrics(),
        left_out=[*left_out, *series.left_out, *_hidden_counters(duplicates)],
        parameters={**_context_parameters(context), **_labels(rows)},
        host_name=context.optional_text("host_name"),
        stable=_stable(context),
        volatile=_volatile(context),
        commit=_commit(context),
        created_ns=parse_date_ns(context.optional_text("date") or ""),
        notes=tuple(_warnings(context)),
    )


def _add_row(series: MetricSeries, row: Row) -> None:
    """The times and counters of one row: samples, or a figure of a summary."""
    unit = row.node.text_or("time_unit", "ns")
    if unit not in TIME_UNITS:
        raise row.node.error(f"time_unit {unit!r} is none of {', '.join(TIME_UNITS)}")
    for key in _TIMES:
        measured = row.node.optional(key)
        name = part_name(row.name, _CPU_TIME) if key == _CPU_TIME else row.name
        if measured is None:
            if key != _CPU_TIME:
                series.leave_out(row.name, "has no real_time")
        elif is_not_finite(measured.value):
            series.leave_out(name, f"{key} is {measured.value}")
        else:
            value = measured.number()
            figure = value if row.is_percentage else to_nanoseconds(value, unit)
            series.add(
                name,
                figure,
                "ns",
                "lower",
                primary=key != _CPU_TIME,
                aggregate=row.aggregate,
                count=row.repetitions,
            )
    for key, counter in row.node.members():
        if key not in _FIELDS:
            _add_counter(series, row, key, counter)


def _add_counter(series: MetricSeries, row: Row, key: str, counter: Node) -> None:
    name = part_name(row.name, key)
    if is_not_finite(counter.value):
        series.leave_out(name, f"is {counter.value}")
    elif (value := counter.finite()) is not None:
        unit, direction = _unit_of_counter(key)
        series.add(
            name, value, unit, direction, primary=False, aggregate=row.aggregate, count=row.repetitions
        )


def _unit_of_counter(key: str) -> tuple[str, Direction | None]:
    if key in _KNOWN_COUNTERS:
        return _KNOWN_COUNTERS[key]
    return ("1/s", "higher") if key.endswith(("_per_second", "/s")) else ("1", None)


def _labels(rows: Iterable[Row]) -> dict[str, Scalar]:
    """The label of each benchmark (`SetLabel`), if all of its rows have one."""
    found: dict[str, Scalar] = {}
    for row in rows:
        if label := row.node.optional_text("label"):
            found[part_name(row.name, "label")] = label
    return found


def _warnings(context: Node) -> Iterator[str]:
    """What the library itself warns of when it prints a table."""
    if context.optional_text("library_build_type") == "debug":
        yield "the benchmark library is a debug build (library_build_type), which may change the times"
    scaling = context.optional("cpu_scaling_enabled")
    if scaling and scaling.value is True:
        yield "CPU scaling is enabled (cpu_scaling_enabled): real times may be noisy"


def _commit(context: Node) -> str | None:
    """The full commit of a custom context; an abbreviated one is kept as a parameter alone."""
    found = (context.optional_text(key) for key in _COMMIT_KEYS)
    return next((text for text in found if text and FULL_COMMIT.fullmatch(text)), None)


def _hidden_counters(duplicates: Iterable[str]) -> Iterator[LeftOut]:
    """Counters that have the name of a field: the library writes its own fields first."""
    for place in duplicates:
        yield LeftOut(
            place.partition(": ")[2] or place, "the object has this key twice; the first value is kept"
        )


def _context_parameters(context: Node) -> dict[str, Scalar]:
    own = {
        key: value for key, value in context.value.items() if key not in _FACTS_OF_THE_CONTEXT | {"caches"}
    }
    caches = context.value.get("caches")
    if isinstance(caches, list) and caches:
        own["caches"] = [_cache_text(cache) for cache in caches if isinstance(cache, dict)]
    return flat_scalars(own)


def _cache_text(cache: dict[str, object]) -> str:
    words = (
        f"L{cache.get('level')}",
        cache.get("type"),
        cache.get("size"),
        f"shared by {cache.get('num_sharing')}",
    )
    return " ".join(str(word) for word in words)


def _stable(context: Node) -> StableHost:
    """The number of processors is the only stable fact of the file."""
    cpus = context.optional_number("num_cpus")
    return StableHost(
        system=UNKNOWN,
        machine=UNKNOWN,
        cpu_model=UNKNOWN,
        cpu_count=int(cpus) if cpus is not None and cpus >= 0 else 0,
        python="none",
    )


def _volatile(context: Node) -> VolatileHost:
    """Clock frequency and load average."""
    mhz = context.optional_number("mhz_per_cpu")
    load_avg = context.optional("load_avg")
    loads = load_avg.value if load_avg and isinstance(load_avg.value, list) else []
    load = Node(loads[0], "").finite() if loads else None
    return VolatileHost(
        cpu_khz=int(mhz * 1_000) if mhz is not None and mhz >= 0 else None,
        load_1m_milli=int(load * 1_000) if load is not None and load >= 0 else None,
    )


IMPORTER: Final = Importer(
    name="google-benchmark",
    title="Google Benchmark: --benchmark_out=FILE --benchmark_out_format=json",
    matches=_matches,
    read=_read,
    written_by="--benchmark_format=json",
)
