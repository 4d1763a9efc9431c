"""Tables of stress runs: `perf_run_summary.csv`, a row per scale; `sweep.csv`, a row per offered load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram, summary_of
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.kinds.measurements import samples_of, throughput_msg_s
from obrelease.analysis.kinds.run_kind import RunContent
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact, Check

SCALES_FILE: Final = "perf_run_summary.csv"
SWEEP_FILE: Final = "sweep.csv"

CLOCKS: Final = ("service", "response")

_NO_FAULT: Final = ("lots-", "batches", "events")
"""Prefixes of audit counts that are no faults."""

_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One offered load as a row of `sweep.csv`, and as a point of its plot.

    `modelled_*` is the response time computed from the measured service times for an undisturbed machine.
    """

    offered_msg_s: int
    done_msg_s: int
    service_p50_ns: int
    service_p90_ns: int
    service_p99_ns: int
    service_p999_ns: int
    response_p50_ns: int
    response_p90_ns: int
    response_p99_ns: int
    response_p999_ns: int
    modelled_p50_ns: int
    modelled_p90_ns: int
    modelled_p99_ns: int
    modelled_p999_ns: int


LOAD_COLUMNS: Final = tuple(field.name for field in fields(LoadRow))


def scales_of(artefact: Artefact) -> tuple[int, ...]:
    """The scales of a stress run, smallest first.

    Raises:
        InvalidInput: its parameter `scales` is no list of them.
    """
    scales = str(artefact.parameters.get("scales", ""))
    if not re.fullmatch(r"[1-9][0-9]{0,5}(,[1-9][0-9]{0,5})*", scales):
        raise InvalidInput(f"the scales are {scales[:40]!r}, and should be numbers with commas")
    return tuple(map(int, scales.split(",")))


def audit_of(artefact: Artefact, scale: int) -> tuple[Check, str] | None:
    """The audit of a scale's events and their digest; None if the run has no such check."""
    checks = artefact.outcome.checks if artefact.outcome else ()
    audit = next((check for check in checks if check.name == f"log-integrity-x{scale}"), None)
    digest = _DIGEST.search(audit.detail) if audit else None
    return (audit, digest[0]) if audit and digest else None


def saturated_walls(artefact: Artefact, scale: int) -> tuple[int | float, ...]:
    """Wall times of the passes in which every message of a scale was due at once, in nanoseconds."""
    return samples_of(artefact, f"saturated-wall-x{scale}")


def scale_rows(content: RunContent) -> list[dict[str, int | str]]:
    """One row per scale, by column; every number is one of the envelope or of its histograms.

    `sustained_*` are rates with every message due at once; `offered_msg_s` and `done_msg_s` are of the
    open loop that the latencies belong to.

    Raises:
        InvalidInput: the run lacks a value of a row.
    """
    return [_scale_row(content, scale) for scale in scales_of(content.artefact)]


def _scale_row(content: RunContent, scale: int) -> dict[str, int | str]:
    artefact = content.artefact
    workload, offered = artefact.workload, artefact.parameters.get("offered-msg-s")
    if workload is None or not isinstance(offered, int):
        raise InvalidInput(f"a run of {artefact.kind} lacks what {SCALES_FILE} is made of")
    messages = workload.messages * scale // scales_of(artefact)[-1]
    walls = saturated_walls(artefact, scale)
    open_loop_wall = samples_of(artefact, f"open-loop-wall-x{scale}")
    histograms = {clock: content.histograms.get(f"{clock}-latency-x{scale}") for clock in CLOCKS}
    audited = audit_of(artefact, scale)
    if not walls or not open_loop_wall or audited is None or None in histograms.values():
        raise InvalidInput(f"scale {scale} lacks what its row of {SCALES_FILE} is made of")
    (audit, digest), rates = audited, throughput_msg_s(messages, walls)
    row: dict[str, int | str] = {
        "arrivals": str(artefact.parameters.get("arrivals", "")),
        "core": str(artefact.parameters.get("core", "")),
        "seed": workload.seed or "",
        "scale": scale,
        "messages": messages,
        "passes": len(rates),
        "sustained_min_msg_s": min(rates),
        "sustained_median_msg_s": median_low(rates),
        "sustained_max_msg_s": max(rates),
        "offered_msg_s": offered,
        "done_msg_s": throughput_msg_s(messages, open_loop_wall)[0],
    }
    for clock, histogram in histograms.items():
        row |= _latency_cells(clock, histogram) if histogram else {}
    return row | {
        "batches_audited": audit.counts.get("batches", 0),
        "orphan_cancels": audit.counts.get("orphan-cancel", 0),
        "orphan_executes": audit.counts.get("orphan-trade", 0),
        "faults": sum(n for name, n in audit.counts.items() if not name.startswith(_NO_FAULT)),
        "events": audit.counts.get("events", 0),
        "events_digest": digest,
    }


def _latency_cells(clock: str, histogram: Histogram) -> dict[str, int | str]:
    latency = summary_of(histogram)
    return {
        f"{clock}_mean_ns": round(latency.mean_ns),
        f"{clock}_p50_ns": latency.p50_ns,
        f"{clock}_p99_ns": latency.p99_ns,
        f"{clock}_p999_ns": latency.p999_ns,
        f"{clock}_max_ns": latency.max_ns,
    }


def scales_csv(content: RunContent) -> bytes:
    """The bytes of `perf_run_summary.csv`; raises as `scale_rows`."""
    rows = scale_rows(content)
    return csv_table([*rows[0]], [[*row.values()] for row in rows])


def sweep_csv(loads: Sequence[LoadRow]) -> bytes:
    """The bytes of `sweep.csv`: the rows in the order given."""
    return csv_table(LOAD_COLUMNS, map(astuple, loads))
