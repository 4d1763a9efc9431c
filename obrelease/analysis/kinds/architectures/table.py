"""`architectures.csv`: one row an architecture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import summary_of
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.kinds.measurements import samples_of, throughput_msg_s
from obrelease.analysis.kinds.run_kind import RunContent
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


Cell = int | str


def table_rows(content: RunContent) -> list[dict[str, Cell]]:
    """One row an architecture, by column, in the order of the parameter `architectures`.

    Raises:
        InvalidInput: the run lacks a value of a row.
    """
    names, cores = content.list_parameter("architectures"), content.list_parameter("cores")
    if len(names) != len(cores):
        raise InvalidInput(f"a run of architectures lacks what {ARCHITECTURES_FILE} is made of")
    first_msg_s = max(median_low(rates_msg_s(content, names[0])), 1)
    return [
        dict(zip(COLUMNS, _row(content, name, core, first_msg_s), strict=True))
        for name, core in zip(names, cores, strict=True)
    ]


def architectures_csv(content: RunContent) -> bytes:
    """The bytes of the table; raises as `table_rows`."""
    return csv_table(COLUMNS, [tuple(row.values()) for row in table_rows(content)])


def rates_msg_s(content: RunContent, name: str) -> tuple[int, ...]:
    """Messages per second of each pass of an architecture.

    Raises:
        InvalidInput: the run has no wall times of it.
    """
    walls = samples_of(content.artefact, f"{name}-wall")
    if not walls:
        raise InvalidInput(f"no measurement {name}-wall, of which {ARCHITECTURES_FILE} has a row")
    return throughput_msg_s(content.messages, walls)


def busy_ns_per_message(content: RunContent, name: str) -> dict[str, int]:
    """How long each stage of an architecture was busy for a message, by stage."""
    return {stage: ns // content.messages for stage, ns in _busy_ns(content.artefact, name)}


def _row(content: RunContent, name: str, core: str, first_msg_s: int) -> tuple[Cell, ...]:
    rates = rates_msg_s(content, name)
    latency = summary_of(content.histogram(f"{name}-latency"))
    return (
        name,
        core,
        len(rates),
        min(rates),
        median_low(rates),
        max(rates),
        median_low(rates) * 1_000 // first_msg_s,
        _handoff(content, name),
        latency.p50_ns,
        latency.p99_ns,
        latency.p999_ns,
        latency.max_ns,
        " ".join(f"{stage}:{ns}" for stage, ns in busy_ns_per_message(content, name).items()),
        *_bound(content, name),
        _unstable(content.artefact, name),
    )


def _handoff(content: RunContent, name: str) -> Cell:
    handoff_ns = samples_of(content.artefact, f"{name}-handoff")
    return int(handoff_ns[0]) * 1_000 // content.messages if handoff_ns else ""


def _bound(content: RunContent, name: str) -> tuple[Cell, Cell]:
    """What the busiest thread takes for a message, and the rate that no pass can exceed."""
    busiest_ns = int(next(iter(samples_of(content.artefact, f"{name}-busiest-thread")), 0))
    if not busiest_ns:
        return "", ""
    return busiest_ns // content.messages, content.messages * 1_000_000_000 // busiest_ns


def _unstable(artefact: Artefact, name: str) -> Cell:
    checks = artefact.outcome.checks if artefact.outcome else ()
    found = (check.counts for check in checks if check.name == f"stability-{name}")
    return next(found, {}).get("unstable", "")


def _busy_ns(artefact: Artefact, name: str) -> Iterator[tuple[str, int]]:
    """The stages of an architecture: the measurements that follow its walls in the envelope."""
    found = [series.name for series in artefact.measurements]
    after = found[found.index(f"{name}-wall") + 1 :]
    for series in takewhile(lambda each: each.startswith(f"{name}-") and each.endswith("-busy"), after):
        stage = series.removeprefix(f"{name}-").removesuffix("-busy")
        yield stage, int(next(iter(samples_of(artefact, series)), 0))
