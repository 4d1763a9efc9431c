"""A recorded run as a comparison sees it: the facts that make it alike another, and its metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import decode_intervals
from obrelease.analysis.kinds.all_kinds import kind_of
from obrelease.analysis.kinds.measurements import WALL_TIMES
from obrelease.errors import IntegrityError
from obrelease.models.artefact import ORIGINAL_STEM, UNKNOWN, Artefact, Measurement, StableHost
from obrelease.models.direction import direction_of
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

THROUGHPUT: Final = "throughput"
HOST: Final = "host."
"""What the names of the machine's facts begin with."""

Better = Literal["higher", "lower"]

_TIMES_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_FREE_PARAMETERS: Final = frozenset({"passes"})
"""Parameters that say how long to look, not what to look at."""


@dataclass(frozen=True, slots=True)
class Series:
    """Repeated measurements of one thing inside one run, at least one, all above zero."""

    unit: str
    better: Better
    samples: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run, ready to be compared.

    Attributes:
        digest: the artefact digest.
        created_ns: nanoseconds since 1970.
        commit: of the producer's source tree, None where unknown.
        facts: what must be the same in two runs that compare, by dotted name.
        series: by metric name.
        histograms: intervals of each latency histogram, by its name.
        original: digest of the imported file, None for our own runs.
        left_out: metrics that cannot be compared, each with the reason.
    """

    digest: str
    created_ns: int
    commit: str | None
    facts: Mapping[str, str]
    series: Mapping[str, Series]
    histograms: Mapping[str, tuple[Histogram, ...]]
    original: str | None = None
    left_out: tuple[str, ...] = ()


def read_run(artefact: Artefact, *, digest: str, folder: Path) -> Run:
    """Make a run of an artefact whose files lie in `folder`; histograms are re-hashed first.

    Raises:
        IntegrityError: a histogram is not the file that the envelope names.
        NotFound, StorageError: it cannot be read.
        InvalidInput: it is not a histogram log.
    """
    found = dict(_series(artefact))
    kept = {name: series for name, series in found.items() if series.samples and min(series.samples) > 0}
    left_out = [f"{name}: a sample is zero, negative or missing" for name in found.keys() - kept.keys()]
    left_out += [
        f"{ref.name}: its unit is {ref.unit}, not ns" for ref in artefact.histograms if ref.unit != "ns"
    ]
    original = next((file.sha256 for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM), None)
    return Run(
        digest=digest,
        created_ns=int(artefact.created_ns),
        commit=artefact.producer.commit,
        facts=dict(_facts(artefact)),
        series=kept,
        histograms={
            ref.name: _histogram(artefact, ref.path, folder)
            for ref in artefact.histograms
            if ref.unit == "ns"
        },
        original=original if kind_of(artefact).other_tool else None,
        left_out=tuple(sorted(left_out)),
    )


def _facts(artefact: Artefact) -> Iterator[tuple[str, str]]:
    """Kind, scenario, stable host facts, workload, parameters, events and clocks, as text."""
    yield "kind", artefact.kind
    yield "scenario", artefact.scenario
    yield from _host_facts(artefact.host.stable)
    if (workload := artefact.workload) is not None:
        for name in ("name", "version", "messages", "seed", "commands_digest"):
            yield f"workload.{name}", _text(getattr(workload, name))
    for name, value in artefact.parameters.items():
        if name not in _FREE_PARAMETERS:
            yield f"parameters.{name}", _text(value)
    if artefact.outcome is not None:
        yield "outcome.events_digest", artefact.outcome.events_digest
    for ref in artefact.histograms:
        yield f"histograms.{ref.name}", f"{ref.clock} time in {ref.unit}"


def _host_facts(host: StableHost) -> Iterator[tuple[str, str]]:
    for name, value in host.model_dump().items():
        if name != "libraries":
            yield f"{HOST}{name}", UNKNOWN if name == "cpu_count" and value == 0 else _text(value)
    for name, version in host.libraries.items():
        yield f"{HOST}libraries.{name}", version


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _series(artefact: Artefact) -> Iterator[tuple[str, Series]]:
    """Throughput of our own runs; every measurement of an imported one."""
    if kind_of(artefact).other_tool:
        yield from ((each.name, _imported(artefact, each)) for each in artefact.measurements)
        return
    walls = next((m.samples for m in artefact.measurements if m.name == WALL_TIMES and m.unit == "ns"), ())
    if artefact.workload is not None and walls:
        messages = artefact.workload.messages
        rates = tuple(messages * 1e9 / wall if wall > 0 else 0.0 for wall in walls)
        yield THROUGHPUT, Series("msg/s", "higher", rates)


def _imported(artefact: Artefact, measured: Measurement) -> Series:
    """One measurement of an imported run; times are converted to nanoseconds."""
    scale = _TIMES_NS.get(measured.unit, 1)
    unit = "ns" if measured.unit in _TIMES_NS else measured.unit
    return Series(
        unit, direction_of(artefact, measured), tuple(float(sample) * scale for sample in measured.samples)
    )


def _histogram(artefact: Artefact, path: str, folder: Path) -> tuple[Histogram, ...]:
    data = read_bounded(folder / path)
    listed = next((file.sha256 for file in artefact.files if file.path == path), None)
    if listed != digest_bytes(data):
        raise IntegrityError(
            f"{folder / path}: is not the file that the envelope lists", hint="`obrelease fsck` tells more"
        )
    return decode_intervals(data, name=str(folder / path))


def without_doubles(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Oldest first, the same run once; an imported file that was imported twice is one run."""
    seen: set[str] = set()
    kept = []
    for run in sorted(runs, key=lambda run: (run.created_ns, run.digest)):
        name = run.original or run.digest
        if name not in seen:
            kept.append(run)
        seen.add(name)
    return tuple(kept)
