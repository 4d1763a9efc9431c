"""Results of airspeed velocity: one results file, or a results folder in the order of the commits.

Format: asv/results.py of github.com/airspeed-velocity/asv, results versions 1 and 2. `machine.json` next to
a file and `benchmarks.json` above it name the machine, the units and the parameters; they are kept with the
file. Without them the prefix of a benchmark's name gives the unit, as asv derives it: `time_` seconds,
`mem_` and `peakmem_` bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from obrelease.errors import InvalidInput
from obrelease.importers.asv_rows import AsvBenchmark, add_benchmark, result_columns
from obrelease.importers.folder import Folder, pack_files, packed_start, unpack_files
from obrelease.importers.history_runs import runs_with_results
from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, flat_scalars
from obrelease.importers.json_stream import read_stream
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun
from obrelease.models.artefact import UNKNOWN, StableHost

_RESULTS: Final = "results.json"
_MACHINE: Final = "machine.json"
_BENCHMARKS: Final = "benchmarks.json"
_KEPT_OF_A_BENCHMARK: Final = ("param_names", "params", "type", "unit")


def _matches(head: FileHead) -> bool:
    if head.begins_with(packed_start("asv")):
        return True
    if head.has_json("commit_hash") and head.has_json("results"):
        return True
    return any(path.startswith("results.") and path.endswith(".stats[].ci_99") for path in head.json_paths)


def _matches_folder(folder: Folder) -> bool:
    return folder.has(_MACHINE) or any(path.count("/") == 1 for path in folder.files(f"/{_MACHINE}"))


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file, with the files around it if they are there."""
    document = source.json()
    if source.head.begins_with(packed_start("asv")):
        texts = unpack_files(document)
        if _RESULTS not in texts:
            raise source.error(f"has no {_RESULTS!r}")
        nodes = {name: _parse(text, f"{source.place}/{name}") for name, text in texts.items()}
        yield _run(nodes[_RESULTS], nodes.get(_MACHINE), nodes.get(_BENCHMARKS), source)
        return
    yield _read_results(source, document, _read_sibling)


def _read_folder(folder: Folder) -> Iterator[ToolRun]:
    """The runs of a results folder that have results, by time of their commit."""
    return runs_with_results(_all_runs(folder))


def _all_runs(folder: Folder) -> Iterator[ToolRun]:
    found: list[tuple[int, str]] = []
    notes: list[str] = []
    for path in folder.files(".json"):
        if PurePosixPath(path).name in {_MACHINE, _BENCHMARKS} or path.count("/") > 1:
            continue
        try:
            document = folder.file(path).json()
            for key in ("commit_hash", "results"):
                document.member(key)
        except InvalidInput as error:
            notes.append(f"not imported: {error.message}")
        else:
            date = document.optional_number("date")
            found.append((int(date) if date is not None else 0, path))
    if not found:
        raise folder.error("has no results file of asv", hint=notes[0] if notes else None)
    read_once = cache(_read_sibling)
    for _, path in sorted(found):
        source = folder.file(path)
        run = _read_results(source, source.json(), read_once)
        yield replace(run, notes=(*run.notes, *notes))
        notes.clear()


def _read_results(source: Source, document: Node, sibling: Callable[[Path, str], Node | None]) -> ToolRun:
    """The run of a results file, with the files around it."""
    folder, place = source.path.parent, str(PurePosixPath(source.place).parent)
    machine = sibling(folder / _MACHINE, f"{place}/{_MACHINE}")
    benchmarks = sibling(folder.parent / _BENCHMARKS, f"{place}/../{_BENCHMARKS}")
    part = _packed(source, document, machine, benchmarks)
    return _run(document, machine, benchmarks, source, part)


def _read_sibling(path: Path, place: str) -> Node | None:
    if not path.is_file() or path.is_symlink():
        return None
    return Source(path, place, path.name).json()


def _parse(text: str, place: str) -> Node:
    data = text.encode("utf-8", "backslashreplace")
    return Node(read_stream(lambda: BytesIO(data), len(data), place, keep="last").value, f"{place}: $")


def _packed(source: Source, results: Node, machine: Node | None, benchmarks: Node | None) -> bytes | None:
    """The file with what belongs to it from the files around it; None if there are none."""
    if machine is None and benchmarks is None:
        return None
    files = {_RESULTS: source.text()}
    if machine is not None:
        files[_MACHINE] = _dump(machine.value)
    if benchmarks is not None:
        names = results.object_or_empty("results").value
        used = {
            name: {key: node.value[key] for key in _KEPT_OF_A_BENCHMARK if key in node.value}
            for name, node in benchmarks.members()
            if name in names and isinstance(node.value, dict)
        }
        files[_BENCHMARKS] = _dump(used)
    return pack_files("asv", files)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=list)


def _run(
    results: Node, machine: Node | None, benchmarks: Node | None, source: Source, part: bytes | None = None
) -> ToolRun:
    rows = MetricRows()
    columns = result_columns(results)
    started: list[float] = []
    descriptions = benchmarks if benchmarks is not None else Node({}, "")
    for name, row in results.member("results").members():
        benchmark = AsvBenchmark.read(name, row, columns, descriptions.object_or_empty(name))
        add_benchmark(rows, benchmark)
        if benchmark.started_at is not None:
            started.append(benchmark.started_at)
    started.extend(
        value
        for _, node in results.object_or_empty("started_at").members()
        if (value := node.finite()) is not None
    )
    committed = results.optional_number("date")
    measured = min(started, default=None)
    environment = results.optional_text("env_name") or source.stem.partition("-")[2]
    return ToolRun(
        tool="asv",
        tool_version=None,
        title=f"asv {environment}".strip(),
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=flat_scalars(_facts(results)),
        labels={"env": env_name} if (env_name := results.optional_text("env_name")) else {},
        host_name=_params(results, machine).optional_text("machine"),
        stable=_stable(_params(results, machine), results),
        commit=results.optional_text("commit_hash"),
        created_ns=_nanoseconds(measured if measured is not None else committed),
        part=part,
        notes=() if measured is not None else ("has no time of measurement; the time of the commit is used",),
    )


def _facts(results: Node) -> Mapping[str, object]:
    keys = ("env_name", "python", "requirements", "env_vars")
    return {key: results.value[key] for key in keys if results.value.get(key) not in (None, {}, "")}


def _params(results: Node, machine: Node | None) -> Node:
    values = machine.value if machine is not None and isinstance(machine.value, dict) else {}
    return Node({**values, **results.object_or_empty("params").value}, f"{results.place}.params")


def _stable(params: Node, results: Node) -> StableHost | None:
    facts = [params.optional_text(key) for key in ("os", "arch", "cpu")]
    if not any(facts):
        return None
    system, machine, processor = facts
    count = params.optional_text("num_cpu") or ""
    return StableHost(
        system=system or UNKNOWN,
        machine=machine or UNKNOWN,
        cpu_model=processor or UNKNOWN,
        cpu_count=int(count) if count.isdecimal() and len(count) <= 6 else 0,
        python=results.optional_text("python") or "none",
    )


def _nanoseconds(milliseconds: float | None) -> int | None:
    if milliseconds is None or not 0 <= milliseconds < 1e13:
        return None
    return int(milliseconds) * 10**6


IMPORTER: Final = Importer(
    name="asv",
    title="airspeed velocity, a results file or the results folder",
    matches=_matches,
    read=_read,
    matches_folder=_matches_folder,
    read_folder=_read_folder,
)
