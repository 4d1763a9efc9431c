"""`summary.csv` of a bench or a replay, made from the envelope and its histogram and from nothing else."""

from __future__ import annotations

from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram, summary_of
from obrelease.analysis.summary.summarise import TIMER_OVERHEAD, WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.tables.csv_bytes import SummaryRow, csv_bytes, latency_columns, summary_frame
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact

SUMMARY_FILE: Final = "summary.csv"
LATENCY_TABLE: Final = "latency.csv"


def summary_csv(artefact: Artefact, latency: Histogram) -> bytes:
    """The table's bytes: one row, in which every number is one of the envelope or of its histogram.

    Args:
        latency: the first histogram of the artefact.

    Raises:
        InvalidInput: the envelope lacks what the row is made of.
    """
    workload, outcome = artefact.workload, artefact.outcome
    walls = [int(sample) for sample in samples_of(artefact, WALL_TIMES)]
    overheads = samples_of(artefact, TIMER_OVERHEAD)
    if workload is None or outcome is None or not walls or not overheads or not artefact.histograms:
        raise InvalidInput(f"a run of {artefact.kind} lacks what {SUMMARY_FILE} is made of")
    row = SummaryRow(
        kind=artefact.kind,
        scenario=artefact.scenario,
        core=str(artefact.parameters.get("core", "")),
        seed=workload.seed,
        source=workload.source.name if workload.source else None,
        messages=workload.messages,
        passes=len(walls),
        wall_min_ns=min(walls),
        wall_median_ns=median_low(walls),
        wall_max_ns=max(walls),
        throughput_median_msg_s=median_low(throughput_msg_s(workload.messages, walls)),
        latency_out_of_range=artefact.histograms[0].out_of_range,
        timer_overhead_ns=int(overheads[0]),
        events=outcome.events,
        events_digest=outcome.events_digest,
        state_digest=outcome.state_digest,
        **latency_columns(summary_of(latency)),
    )
    return csv_bytes(summary_frame([row]))
