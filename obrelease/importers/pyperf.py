"""pyperf's JSON (`-o FILE`): the values of all processes of each benchmark, with the metadata of the machine.

Format: doc/developer_guide or pyperf/_bench.py of github.com/psf/pyperf, versions 1.0 and before
(`"version": 1`). A calibration process has warm-ups alone. The unit is `second`, `byte` or `integer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, scalar_of
from obrelease.importers.measured_units import BYTES, COUNT, SECONDS, MeasuredUnit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import ToolRun
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost

_UNITS: Final = {"second": SECONDS, "byte": BYTES, "integer": COUNT}
_RUN_FACTS: Final = frozenset(
    {
        "hostname",
        "cpu_model_name",
        "cpu_count",
        "platform",
        "python_version",
        "date",
        "name",
        "unit",
        "commit_id",
    }
)
_CHANGING: Final = (
    "load_avg",
    "uptime",
    "boot_time",
    "cpu_freq",
    "cpu_temp",
    "mem_",
    "duration",
    "runnable_threads",
)


def _matches(head: FileHead) -> bool:
    return head.has_json("benchmarks[].runs") and not head.has_json("context")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    document = source.json()
    common = document.object_or_empty("metadata")
    rows = MetricRows()
    first_date = None
    for benchmark in document.member("benchmarks").items():
        date = _add_benchmark(rows, benchmark, common)
        first_date = min((each for each in (first_date, date) if each is not None), default=None)
    yield ToolRun(
        tool="pyperf",
        tool_version=common.optional_text("perf_version"),
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=_run_parameters(common),
        host_name=common.optional_text("hostname"),
        stable=_stable(common),
        commit=common.optional_text("commit_id"),
        created_ns=first_date
        if first_date is not None
        else parse_date_ns(common.optional_text("date") or ""),
    )


def _add_benchmark(rows: MetricRows, benchmark: Node, common: Node) -> int | None:
    """Add a benchmark; returns the date of its first process."""
    own = benchmark.object_or_empty("metadata")
    name = own.optional_text("name") or common.optional_text("name")
    if name is None:
        raise benchmark.error("has no 'name' in its metadata")
    unit = _unit(own.optional("unit") or common.optional("unit"))
    samples: list[float] = []
    first_date = None
    for run in benchmark.member("runs").items():
        date = parse_date_ns(run.object_or_empty("metadata").optional_text("date") or "")
        first_date = min((each for each in (first_date, date) if each is not None), default=None)
        if (values := run.optional("values")) is not None:
            samples.extend(values.numbers())
    if samples:
        rows.add_samples(name, unit, samples)
    else:
        rows.leave_out(name, "has no values, only calibration or warm-ups")
    return first_date


def _unit(node: Node | None) -> MeasuredUnit:
    if node is None:
        return SECONDS
    unit = _UNITS.get(node.text())
    if unit is None:
        raise node.error(f"is none of {', '.join(_UNITS)}")
    return unit


def _run_parameters(common: Node) -> dict[str, Scalar]:
    found = {}
    for key, node in common.members():
        scalar = scalar_of(node.value)
        if scalar is not None and key not in _RUN_FACTS and not key.startswith(_CHANGING):
            found[key] = scalar
    return found


def _stable(common: Node) -> StableHost | None:
    facts = [common.optional_text(key) for key in ("platform", "cpu_model_name", "python_version")]
    if not any(facts):
        return None
    platform, processor, python = facts
    count = common.optional_number("cpu_count")
    return StableHost(
        system=platform or UNKNOWN,
        machine=UNKNOWN,
        cpu_model=processor or UNKNOWN,
        cpu_count=int(count or 0),
        python=python or "none",
    )


IMPORTER: Final = Importer(
    name="pyperf", title="pyperf, -o FILE", matches=_matches, read=_read, written_by="-o FILE"
)
