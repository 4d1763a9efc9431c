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
    return [_row(content, name, core, first_msg_s) for name, core in zip(names, cores, strict=True)]


def architectures_csv(content: RunContent) -> bytes:
    """The bytes of the table; raises as `table_rows`."""
    rows = table_rows(content)
    return csv_table([*rows[0]], [[*row.values()] for row in rows])


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


def _row(content: RunContent, name: str, core: str, first_msg_s: int) -> dict[str, Cell]:
    rates, latency = rates_msg_s(content, name), summary_of(content.histogram(f"{name}-latency"))
    stages = busy_ns_per_message(content, name).items()
    busiest_ns_per_message, bound_msg_s = _bound(content, name)
    return {
        "architecture": name,
        "core": core,
        "passes": len(rates),
        "throughput_min_msg_s": min(rates),
        "throughput_median_msg_s": median_low(rates),
        "throughput_max_msg_s": max(rates),
        "against_first_permille": median_low(rates) * 1_000 // first_msg_s,
        "handoff_ns_per_1000_messages": _handoff(content, name),
        "latency_p50_ns": latency.p50_ns,
        "latency_p99_ns": latency.p99_ns,
        "latency_p999_ns": latency.p999_ns,
        "latency_max_ns": latency.max_ns,
        "busy_ns_per_message": " ".join(f"{stage}:{ns}" for stage, ns in stages),
        "busiest_thread_ns_per_message": busiest_ns_per_message,
        "bound_msg_s": bound_msg_s,
        "unstable": _unstable(content.artefact, name),
    }


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
    found = [series.name for series in artefact.metrics]
    after = found[found.index(f"{name}-wall") + 1 :]
    for series in takewhile(lambda each: each.startswith(f"{name}-") and each.endswith("-busy"), after):
        stage = series.removeprefix(f"{name}-").removesuffix("-busy")
        yield stage, int(next(iter(samples_of(artefact, series)), 0))
