"""`architectures.csv`, made from the envelope and its histograms and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram, summary_of
from obrelease.analysis.summary.summarise import samples_of, throughput_msg_s
from obrelease.analysis.tables.csv_bytes import csv_table
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact

ARCHITECTURES_FILE: Final = "architectures.csv"

COLUMNS: Final = (
    "architecture",
    "core",
    "passes",
    "throughput_min_msg_s",
    "throughput_median_msg_s",
    "throughput_max_msg_s",
    "against_first_permille",
    "handoff_ns_per_1000_messages",
    "latency_p50_ns",
    "latency_p99_ns",
    "latency_p999_ns",
    "latency_max_ns",
    "busy_ns_per_message",
    "busiest_thread_ns_per_message",
    "bound_msg_s",
    "unstable",
)


def architectures_csv(artefact: Artefact, curves: Mapping[str, Histogram]) -> bytes:
    """The table's bytes: one row an architecture, in the order of the parameter `architectures`.

    Args:
        curves: the histograms of the artefact by their names.

    Raises:
        InvalidInput: the envelope lacks what a row is made of.
    """
    names, cores = (str(artefact.parameters.get(key, "")).split(",") for key in ("architectures", "cores"))
    if artefact.workload is None or not artefact.workload.messages or len(names) != len(cores):
        raise InvalidInput(f"a run of {artefact.kind} lacks what {ARCHITECTURES_FILE} is made of")
    messages = artefact.workload.messages
    rates = [throughput_msg_s(messages, _walls(artefact, name)) for name in names]
    first = max(median_low(rates[0]), 1)
    checks = artefact.outcome.checks if artefact.outcome else ()
    unstable = {check.name: check.counts.get("unstable", "") for check in checks}
    rows = [
        (
            name,
            core,
            len(each),
            min(each),
            median_low(each),
            max(each),
            median_low(each) * 1_000 // first,
            _handoff(artefact, name, messages),
            *_latency(curves, name),
            " ".join(f"{stage}:{ns // messages}" for stage, ns in _busy_ns(artefact, name)),
            *_bound(artefact, name, messages),
            unstable.get(f"stability-{name}", ""),
        )
        for name, core, each in zip(names, cores, rates, strict=True)
    ]
    return csv_table(COLUMNS, rows)


def _walls(artefact: Artefact, name: str) -> tuple[int | float, ...]:
    walls = samples_of(artefact, f"{name}-wall")
    if not walls:
        raise InvalidInput(f"no measurement {name}-wall, of which {ARCHITECTURES_FILE} has a row")
    return walls


def _handoff(artefact: Artefact, name: str, messages: int) -> str:
    handoff_ns = samples_of(artefact, f"{name}-handoff")
    return str(int(handoff_ns[0]) * 1_000 // messages) if handoff_ns else ""


def _bound(artefact: Artefact, name: str, messages: int) -> tuple[int | str, int | str]:
    """What the busiest thread takes for a message, and the rate that no pass can exceed."""
    busiest_ns = int(next(iter(samples_of(artefact, f"{name}-busiest-thread")), 0))
    return (busiest_ns // messages, messages * 1_000_000_000 // busiest_ns) if busiest_ns else ("", "")


def _latency(curves: Mapping[str, Histogram], name: str) -> tuple[int, int, int, int]:
    if f"{name}-latency" not in curves:
        raise InvalidInput(f"no histogram {name}-latency, of which {ARCHITECTURES_FILE} has a row")
    told = summary_of(curves[f"{name}-latency"])
    return told.p50_ns, told.p99_ns, told.p999_ns, told.max_ns


def _busy_ns(artefact: Artefact, name: str) -> Iterator[tuple[str, int]]:
    """The stages of an architecture: the measurements that follow its walls in the envelope."""
    found = [series.name for series in artefact.measurements]
    after = found[found.index(f"{name}-wall") + 1 :]
    for series in takewhile(lambda each: each.startswith(f"{name}-") and each.endswith("-busy"), after):
        stage = series.removeprefix(f"{name}-").removesuffix("-busy")
        yield stage, int(next(iter(samples_of(artefact, series)), 0))
