"""Rust's criterion: the folder `target/criterion`, or one `estimates.json` or `sample.json` in it.

Format: src/report.rs, src/estimate.rs and `SavedSample` in src/connections or src/analysis of
github.com/bheisler/criterion.rs, versions 0.2 to 0.8. The folder of a benchmark has `new/benchmark.json`
(names), `new/sample.json` (iterations and times of each sample) and `new/estimates.json`. A folder is one
run: its files are kept in one document. Times are nanoseconds, if the project has no measurement of its
own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from obrelease.importers.folder import Folder, pack_files, packed_start, unpack_files
from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node
from obrelease.importers.json_stream import read_stream
from obrelease.importers.measured_units import NANOSECONDS
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun
from obrelease.models.artefact import Scalar

_FILES: Final = ("benchmark.json", "estimates.json", "sample.json")
_NEW: Final = "new"


@dataclass(frozen=True, slots=True)
class _Benchmark:
    """The documents of one benchmark, and the path of its folder."""

    folder: str
    documents: Mapping[str, Node]


def _matches(head: FileHead) -> bool:
    return (
        head.begins_with(packed_start("criterion"))
        or head.has_json("mean.point_estimate", "median.point_estimate", "std_dev.point_estimate")
        or head.has_json("Mean.point_estimate", "Median.point_estimate")
        or (head.has_json("iters", "times") and not head.has_json("results"))
    )


def _matches_folder(folder: Folder) -> bool:
    return any(True for _ in folder.files(f"/{_NEW}/estimates.json")) or folder.has(f"{_NEW}/estimates.json")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file: the packed folder, or one benchmark with the files next to it."""
    if source.head.begins_with(packed_start("criterion")):
        texts = unpack_files(source.json())
        yield _run(source.place, source.stem, texts)
        return
    folder = source.path.parent
    here = Folder(folder, str(PurePosixPath(source.place).parent), source.options)
    name = folder.parent.name if folder.name in {_NEW, "base"} else folder.name
    texts = {f"{name}/{_NEW}/{file}": here.file(file).text() for file in _FILES if here.has(file)}
    if source.name not in _FILES or not texts:
        raise source.error("does not name its benchmark", hint="import the folder target/criterion")
    yield _run(source.place, name, texts, pack=True)


def _read_folder(folder: Folder) -> Iterator[ToolRun]:
    """The one run of a folder; `base`, which is the run before, and `change` are not read."""
    texts = {}
    for file in _FILES:
        for path in folder.files(file):
            if PurePosixPath(path).parent.name == _NEW:
                texts[path] = folder.file(path).text()
    yield _run(folder.place, "criterion", texts, pack=True)


def _run(place: str, title: str, texts: Mapping[str, str], *, pack: bool = False) -> ToolRun:
    rows = MetricRows()
    for benchmark in _benchmarks(place, texts):
        _add_benchmark(rows, benchmark)
    return ToolRun(
        tool="criterion",
        tool_version=None,
        title=title,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        part=pack_files("criterion", texts) if pack else None,
    )


def _benchmarks(place: str, texts: Mapping[str, str]) -> Iterator[_Benchmark]:
    by_folder: dict[str, dict[str, Node]] = {}
    for path, text in texts.items():
        where = f"{place}/{path}"
        data = text.encode("utf-8", "surrogateescape")
        document = read_stream(lambda data=data: BytesIO(data), len(data), where, keep="last")  # type: ignore[misc]
        file = PurePosixPath(path)
        by_folder.setdefault(str(file.parent.parent), {})[file.name] = Node(document.value, f"{where}: $")
    for folder in sorted(by_folder):
        yield _Benchmark(folder, by_folder[folder])


def _add_benchmark(rows: MetricRows, benchmark: _Benchmark) -> None:
    names = benchmark.documents.get("benchmark.json", Node({}, ""))
    name = names.optional_text("full_id") or names.optional_text("title") or benchmark.folder
    parameters = _parameters(names)
    if (sample := benchmark.documents.get("sample.json")) is not None:
        rows.add_samples(name, NANOSECONDS, _times_per_iteration(sample), parameters=parameters)
    elif (estimates := benchmark.documents.get("estimates.json")) is not None:
        _add_estimates(rows, name, estimates, parameters)
    else:
        rows.leave_out(name, "has neither sample.json nor estimates.json")


def _parameters(names: Node) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    if value := names.optional_text("value_str"):
        found["value"] = value
    throughput = names.optional("throughput")
    for each in (
        throughput.items()
        if throughput and isinstance(throughput.value, list)
        else filter(None, (throughput,))
    ):
        for kind, node in each.members():
            if (amount := node.finite()) is not None:
                found[f"throughput_{kind}"] = amount
    return found


def _times_per_iteration(sample: Node) -> list[float]:
    if isinstance(sample.value, list):  # version 0.2 wrote a pair of lists
        pair = list(sample.items())
        if len(pair) != 2:
            raise sample.error("is not a pair of iterations and times")
        iterations, times = pair[0].numbers(), pair[1].numbers()
    else:
        iterations, times = sample.member("iters").numbers(), sample.member("times").numbers()
    if len(iterations) != len(times):
        raise sample.error(f"has {len(iterations)} iterations and {len(times)} times")
    if not all(iterations):
        raise sample.error("has a sample of 0 iterations")
    return [time / count for time, count in zip(times, iterations, strict=True)]


def _add_estimates(rows: MetricRows, name: str, estimates: Node, parameters: dict[str, Scalar]) -> None:
    figures = {key.lower(): _point(node) for key, node in estimates.members()}
    median = figures.pop("median", None)
    if median is None:
        raise estimates.error("has no 'median' with a 'point_estimate'")
    named = {"stddev" if key in {"std_dev", "stddev"} else key: value for key, value in figures.items()}
    rows.add_summary(name, NANOSECONDS, median, "median", figures=named, parameters=parameters)


def _point(node: Node) -> float | None:
    return node.optional_number("point_estimate")


IMPORTER: Final = Importer(
    name="criterion",
    title="Rust, criterion: the folder target/criterion",
    matches=_matches,
    read=_read,
    matches_folder=_matches_folder,
    read_folder=_read_folder,
)
