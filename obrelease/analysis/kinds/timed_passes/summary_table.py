"""`summary.csv`: one row for the whole run."""

from __future__ import annotations

from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import summary_of
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.kinds.measurements import TIMER_OVERHEAD, WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.kinds.run_kind import RunContent
from obrelease.errors import InvalidInput

SUMMARY_FILE: Final = "summary.csv"


def summary_csv(content: RunContent) -> bytes:
    """The bytes of the table; the seed is text because it may pass 2**63.

    Raises:
        InvalidInput: the envelope lacks a value of the row.
    """
    artefact = content.artefact
    workload, outcome = artefact.workload, artefact.outcome
    walls = [int(sample) for sample in samples_of(artefact, WALL_TIMES)]
    overheads = samples_of(artefact, TIMER_OVERHEAD)
    if workload is None or outcome is None or not walls or not overheads or not artefact.histograms:
        raise InvalidInput(f"a run of {artefact.kind} lacks what {SUMMARY_FILE} is made of")
    latency = summary_of(content.histogram(artefact.histograms[0].id))
    row = {
        "kind": artefact.kind,
        "scenario": artefact.scenario,
        "core": artefact.parameters.get("core", ""),
        "seed": workload.seed,
        "source": workload.source.name if workload.source else None,
        "messages": workload.messages,
        "passes": len(walls),
        "wall_min_ns": min(walls),
        "wall_median_ns": median_low(walls),
        "wall_max_ns": max(walls),
        "throughput_median_msg_s": median_low(throughput_msg_s(workload.messages, walls)),
        "latency_count": latency.count,
        "latency_out_of_range": artefact.histograms[0].out_of_range,
        "latency_min_ns": latency.min_ns,
        "latency_mean_ns": round(latency.mean_ns),
        "latency_p50_ns": latency.p50_ns,
        "latency_p90_ns": latency.p90_ns,
        "latency_p99_ns": latency.p99_ns,
        "latency_p999_ns": latency.p999_ns,
        "latency_p9999_ns": latency.p9999_ns,
        "latency_max_ns": latency.max_ns,
        "timer_overhead_ns": int(overheads[0]),
        "events": outcome.events,
        "events_digest": outcome.events_digest,
        "state_digest": outcome.state_digest,
    }
    return csv_table([*row], [[*row.values()]])
