"""pytest-benchmark's JSON (`--benchmark-json FILE --benchmark-save-data`): each round's time.

Format: pytest-benchmark 3 to 5, seconds as floats. The processor's clock is a volatile fact, which does not
decide comparisons.

As version 1 of the artefact format imported it; see `version_1_formats`.
"""

from __future__ import annotations

import re
from typing import Final

from obrelease.importers.json_reader import Node, read_json
from obrelease.importers.time_units import parse_date_ns, to_nanoseconds
from obrelease.importers.version_1_import import ImportRequest, ToolResult, build_import, measurements_ns
from obrelease.models.artefact import UNKNOWN, StableHost, VolatileHost
from obrelease.models.artefact_draft import ArtefactDraft

_COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def import_pytest_benchmark(request: ImportRequest) -> ArtefactDraft:
    """Read one file, which is what one process measured.

    Raises:
        InvalidInput: not such a file, or written without its data.
    """
    document = read_json(request.data, request.name)
    machine, commit = document.member("machine_info"), document.member("commit_info")
    series = [
        (entry.member("fullname").text(), _rounds_ns(entry))
        for entry in document.member("benchmarks").items()
    ]
    identity = commit.text_or("id", "")
    known = bool(_COMMIT.fullmatch(identity))
    result = ToolResult(
        tool="pytest-benchmark",
        tool_version=document.text_or("version", UNKNOWN),
        scenario=commit.text_or("project", "pytest-benchmark"),
        stable=_stable(machine),
        volatile=_volatile(machine),
        measurements=measurements_ns(series),
        created_ns=parse_date_ns(document.text_or("datetime", "")),
        commit=identity if known else None,
        dirty=commit.member("dirty").flag() if known and commit.has("dirty") else None,
    )
    return build_import(request, result, media_type="application/json", suffix=".json")


def _rounds_ns(entry: Node) -> list[float]:
    stats = entry.member("stats")
    if not stats.has("data"):
        raise stats.error("has no 'data': run pytest with --benchmark-save-data as well")
    return [to_nanoseconds(sample.number(), "s") for sample in stats.member("data").items()]


def _cpu(machine: Node) -> Node | None:
    return machine.member("cpu") if machine.has("cpu") and isinstance(machine.value["cpu"], dict) else None


def _stable(machine: Node) -> StableHost:
    cpu = _cpu(machine)
    version = machine.text_or("python_implementation_version", machine.text_or("python_version", UNKNOWN))
    model = machine.text_or("processor", "") or UNKNOWN
    return StableHost(
        system=machine.text_or("system", UNKNOWN),
        machine=machine.text_or("machine", UNKNOWN),
        cpu_model=cpu.text_or("brand_raw", cpu.text_or("brand", model)) if cpu else model,
        cpu_count=int(cpu.member("count").number()) if cpu and cpu.has("count") else 0,
        python=f"{machine.text_or('python_implementation', UNKNOWN)} {version}",
        compiler=machine.text_or("python_compiler", "") or None,
    )


def _volatile(machine: Node) -> VolatileHost:
    cpu = _cpu(machine)
    actual = list(cpu.member("hz_actual").items()) if cpu and cpu.has("hz_actual") else []
    return VolatileHost(
        kernel=machine.text_or("release", "") or None,
        cpu_khz=int(actual[0].number() / 1_000) if actual else None,
    )
