"""pytest-benchmark's JSON: `--benchmark-json`, `--benchmark-save` and `--benchmark-autosave`.

Format: github.com/ionelmc/pytest-benchmark, versions 2 to 5, times in seconds. Rounds are in the file of
`--benchmark-json`, and with `--benchmark-save-data`; without them the figures of `stats` make a summary. The
processor's clock is a volatile fact, which does not decide comparisons.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from obrelease.importers.folder import Folder
from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, as_number, flat_scalars, is_not_finite
from obrelease.importers.pytest_benchmark_storage import is_storage, read_storage
from obrelease.importers.sample_limits import KEPT_SAMPLES, limit_samples
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import all_to_nanoseconds, parse_date_ns, to_nanoseconds
from obrelease.importers.tool_run import FULL_COMMIT, LeftOut, ToolMetric, ToolRun, ToolSummary, part_name
from obrelease.models.artefact import UNKNOWN, Scalar, StableHost, VolatileHost

_FIGURES: Final = {
    "mean": "mean", "stddev": "stddev", "min": "minimum", "max": "maximum", "q1": "q1", "q3": "q3",
    "iqr": "iqr",
}  # fmt: skip
_UNREPEATABLE: Final = re.compile(r"UNSERIALIZABLE\[| at 0x[0-9a-f]")
"""Parameters that differ from process to process, such as the address of an object."""

_MAX_SECONDS: Final = 1e21

_OWN_MACHINE_FACTS: Final = frozenset(
    {
        "node", "processor", "machine", "python_compiler", "python_implementation", "system", "release",
        "cpu", "python_implementation_version", "python_version", "python_build",
    }
)  # fmt: skip
_NO_BRANCH: Final = frozenset({"", "(unknown)", "(detached head)", "HEAD", "unknown"})


def _matches(head: FileHead) -> bool:
    if head.has_json("benchmarks[].stats", "benchmarks[].fullname"):
        return True
    return head.has_json("machine_info.node", "commit_info") or head.has_json(
        "machine_info.python_implementation", "benchmarks"
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file, which is what one session of pytest measured.

    Raises:
        InvalidInput: not such a file.
    """
    document = source.json()
    machine, commit = document.object_or_empty("machine_info"), document.object_or_empty("commit_info")
    benchmarks = list(document.member("benchmarks").items())
    names = Counter(_name(each) for each in benchmarks)
    metrics: list[ToolMetric] = []
    left_out: list[LeftOut] = []
    parameters = dict(_machine_parameters(machine))
    for benchmark in benchmarks:
        name = _name(benchmark)
        if names[name] > 1:
            left_out.append(LeftOut(name, "two benchmarks of the file have this name"))
            continue
        try:
            metrics.append(_metric(benchmark, name))
        except _NoResult as error:
            left_out.append(LeftOut(name, str(error)))
            continue
        for key, value in flat_scalars(benchmark.object_or_empty("extra_info").value).items():
            if isinstance(value, bool | str):
                parameters[part_name(name, key)] = value
            else:
                metrics.append(_extra(part_name(name, key), value))
    limited = limit_samples(metrics)
    identity = commit.optional_text("id") or ""
    known = bool(FULL_COMMIT.fullmatch(identity))
    dirty = commit.value.get("dirty")
    branch = commit.optional_text("branch") or ""
    yield ToolRun(
        tool="pytest-benchmark",
        tool_version=document.optional_text("version"),
        title=commit.optional_text("project") or "pytest-benchmark",
        metrics=limited.metrics,
        left_out=list(dict.fromkeys(left_out)),
        parameters=parameters,
        labels={} if branch in _NO_BRANCH else {"branch": branch},
        host_name=machine.optional_text("node"),
        stable=_stable(machine) if machine.value else None,
        volatile=_volatile(machine),
        commit=identity if known else None,
        dirty=dirty if known and isinstance(dirty, bool) else None,
        created_ns=parse_date_ns(document.optional_text("datetime") or ""),
        notes=limited.notes,
    )


class _NoResult(Exception):
    """A benchmark of the file that is no result; the text is the reason."""


def _name(benchmark: Node) -> str:
    return benchmark.optional_text("fullname") or benchmark.member("name").text()


def _metric(benchmark: Node, name: str) -> ToolMetric:
    """The time of one benchmark: its rounds, or the figures of its statistics."""
    stats = benchmark.member("stats")
    if not isinstance(stats.value, dict):
        raise stats.error("is not an object")
    rounds = _rounds(stats)
    summary = None if len(rounds) else _summary(stats)
    return ToolMetric(
        name,
        "ns",
        "lower",
        samples=rounds,
        summary=summary,
        parameters=_parameters(benchmark),
        group=benchmark.optional_text("group"),
    )


def _rounds(stats: Node) -> Sequence[float]:
    """The time of each round in nanoseconds; empty if the file has none, or something else in their place."""
    data = stats.optional("data")
    if data is None or not isinstance(data.value, list | array):
        return ()
    values = data.value
    if isinstance(values, list):
        if any(is_not_finite(value) for value in values):
            raise _NoResult("the time of a round is not finite")
        if any(as_number(value) is None for value in values):
            return ()
    if values and not (min(values) >= 0 and max(values) <= _MAX_SECONDS):
        raise _NoResult("the time of a round is negative or too large")
    if len(values) > KEPT_SAMPLES:
        return array("d", (value * 1e9 for value in values))
    return all_to_nanoseconds(values, "s")


def _summary(stats: Node) -> ToolSummary:
    found = {
        figure: to_nanoseconds(value, "s")
        for key, figure in _FIGURES.items()
        if (value := stats.optional_number(key)) is not None and value >= 0
    }
    rounds = stats.optional_number("rounds")
    count = int(rounds) if rounds is not None and rounds >= 1 else None
    median = stats.optional_number("median")
    if median is not None and median >= 0:
        return ToolSummary(to_nanoseconds(median, "s"), "median", count, found)
    if "mean" in found:
        return ToolSummary(found.pop("mean"), "mean", count, found)
    if "minimum" in found:
        return ToolSummary(found.pop("minimum"), "minimum", count, found)
    raise _NoResult("has neither rounds nor a median, mean or minimum")


def _parameters(benchmark: Node) -> dict[str, Scalar]:
    """The parameters of a test; without those that differ from process to process."""
    found = flat_scalars(benchmark.object_or_empty("params").value)
    return {
        key: value
        for key, value in found.items()
        if not (isinstance(value, str) and _UNREPEATABLE.search(value))
    }


def _extra(name: str, value: float) -> ToolMetric:
    """A number that the test itself noted in `extra_info`."""
    return ToolMetric(name, "1", None, summary=ToolSummary(float(value), "value"), primary=False)


def _machine_parameters(machine: Node) -> Iterator[tuple[str, Scalar]]:
    """Facts that a project adds to `machine_info`."""
    added = {key: value for key, value in machine.value.items() if key not in _OWN_MACHINE_FACTS}
    for key, value in flat_scalars(added).items():
        yield f"machine_info.{key}", value


def _stable(machine: Node) -> StableHost:
    cpu = machine.object_or_empty("cpu")
    version = machine.optional_text("python_implementation_version") or machine.optional_text(
        "python_version"
    )
    model = machine.optional_text("processor") or UNKNOWN
    count = cpu.optional_number("count")
    return StableHost(
        system=machine.optional_text("system") or UNKNOWN,
        machine=machine.optional_text("machine") or UNKNOWN,
        cpu_model=cpu.optional_text("brand_raw") or cpu.optional_text("brand") or model,
        cpu_count=int(count) if count is not None and count >= 0 else 0,
        python=f"{machine.optional_text('python_implementation') or UNKNOWN} {version or UNKNOWN}",
        compiler=machine.optional_text("python_compiler"),
    )


def _volatile(machine: Node) -> VolatileHost:
    actual = machine.object_or_empty("cpu").optional("hz_actual")
    values = actual.value if actual and isinstance(actual.value, list) else []
    hertz = Node(values[0], "").finite() if values else None
    return VolatileHost(
        kernel=machine.optional_text("release"),
        cpu_khz=int(hertz / 1_000) if hertz is not None and hertz >= 0 else None,
    )


def _read_folder(folder: Folder) -> Iterator[ToolRun]:
    """The runs of a storage folder such as `.benchmarks/`."""
    return read_storage(folder, _read)


IMPORTER: Final = Importer(
    name="pytest-benchmark",
    title="pytest-benchmark: --benchmark-json FILE, --benchmark-save, --benchmark-autosave",
    matches=_matches,
    read=_read,
    written_by="--benchmark-json FILE",
    matches_folder=is_storage,
    read_folder=_read_folder,
)
