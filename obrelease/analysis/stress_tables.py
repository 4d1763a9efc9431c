"""Tables of stress runs: one row a scale, and one row an offered load of the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import pandas as pd

from obrelease.analysis.frames import csv_bytes


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One scale as a row of `perf_run_summary.csv`.

    `sustained_*` is what the loop does when every message is due at once; `offered_msg_s` and
    `done_msg_s` are of the open loop that the latencies belong to.
    """

    arrivals: str
    core: str
    seed: str
    scale: int
    messages: int
    passes: int
    sustained_min_msg_s: int
    sustained_median_msg_s: int
    sustained_max_msg_s: int
    offered_msg_s: int
    done_msg_s: int
    service_mean_ns: int
    service_p50_ns: int
    service_p99_ns: int
    service_p999_ns: int
    service_max_ns: int
    response_mean_ns: int
    response_p50_ns: int
    response_p99_ns: int
    response_p999_ns: int
    response_max_ns: int
    batches_audited: int
    orphan_cancels: int
    orphan_executes: int
    faults: int
    events: int
    events_digest: str


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One offered load as a row of `sweep.csv`, and as a point of the knee's plot.

    `modelled_*` is the response time that the measured service times give a server that nothing
    else on the machine held up.
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


def scales_csv(rows: Sequence[ScaleRow]) -> bytes:
    """`perf_run_summary.csv`: the rows in the order given."""
    return csv_bytes(
        pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(ScaleRow)])
    )


def sweep_csv(rows: Sequence[LoadRow]) -> bytes:
    """`sweep.csv`: the rows in the order given."""
    return csv_bytes(
        pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(LoadRow)])
    )
