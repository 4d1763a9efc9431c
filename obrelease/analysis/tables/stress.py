"""Tables of stress runs: one row a scale, and one row an offered load of the sweep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median_low
from typing import Final

import pandas as pd

from obrelease.analysis.histograms.histogram import Histogram, summary_of
from obrelease.analysis.summary.summarise import samples_of, throughput_msg_s
from obrelease.analysis.tables.csv_bytes import csv_bytes
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact, Check

SCALES_FILE: Final = "perf_run_summary.csv"
SWEEP_FILE: Final = "sweep.csv"

_NO_FAULT: Final = ("lots-", "batches", "events")
"""How the counts of a log's audit begin that are not those of faults."""

_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")


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


SCALE_COLUMNS: Final = tuple(field.name for field in fields(ScaleRow))
LOAD_COLUMNS: Final = tuple(field.name for field in fields(LoadRow))


def scales_of(artefact: Artefact) -> tuple[int, ...]:
    """The scales of a stress run, smallest first.

    Raises:
        InvalidInput: its parameter `scales` is no list of them.
    """
    told = str(artefact.parameters.get("scales", ""))
    if not re.fullmatch(r"[1-9][0-9]{0,5}(,[1-9][0-9]{0,5})*", told):
        raise InvalidInput(f"the scales are {told[:40]!r}, and should be numbers with commas")
    return tuple(map(int, told.split(",")))


def scale_rows(artefact: Artefact, curves: Mapping[str, Histogram]) -> Iterator[ScaleRow]:
    """One row a scale, in which every number is one of the envelope or of its histograms.

    Args:
        curves: the histograms of the artefact by their names.

    Raises:
        InvalidInput: the envelope lacks what a row is made of.
    """
    workload, scales = artefact.workload, scales_of(artefact)
    offered = artefact.parameters.get("offered-msg-s")
    if workload is None or not isinstance(offered, int):
        raise InvalidInput(f"a run of {artefact.kind} lacks what {SCALES_FILE} is made of")
    for scale in scales:
        messages = workload.messages * scale // scales[-1]
        walls = samples_of(artefact, f"saturated-wall-x{scale}")
        loop = samples_of(artefact, f"open-loop-wall-x{scale}")
        curve, waited = (curves.get(f"{clock}-latency-x{scale}") for clock in ("service", "response"))
        audit = _audit_of(artefact, scale)
        digest = _DIGEST.search(audit.detail) if audit else None
        if not walls or not loop or curve is None or waited is None or audit is None or digest is None:
            raise InvalidInput(f"scale {scale} lacks what its row of {SCALES_FILE} is made of")
        rates, told, late = throughput_msg_s(messages, walls), summary_of(curve), summary_of(waited)
        yield ScaleRow(
            arrivals=str(artefact.parameters.get("arrivals", "")),
            core=str(artefact.parameters.get("core", "")),
            seed=workload.seed or "",
            scale=scale,
            messages=messages,
            passes=len(rates),
            sustained_min_msg_s=min(rates),
            sustained_median_msg_s=median_low(rates),
            sustained_max_msg_s=max(rates),
            offered_msg_s=offered,
            done_msg_s=throughput_msg_s(messages, loop)[0],
            service_mean_ns=round(told.mean_ns),
            service_p50_ns=told.p50_ns,
            service_p99_ns=told.p99_ns,
            service_p999_ns=told.p999_ns,
            service_max_ns=told.max_ns,
            response_mean_ns=round(late.mean_ns),
            response_p50_ns=late.p50_ns,
            response_p99_ns=late.p99_ns,
            response_p999_ns=late.p999_ns,
            response_max_ns=late.max_ns,
            batches_audited=audit.counts.get("batches", 0),
            orphan_cancels=audit.counts.get("orphan-cancel", 0),
            orphan_executes=audit.counts.get("orphan-trade", 0),
            faults=sum(n for name, n in audit.counts.items() if not name.startswith(_NO_FAULT)),
            events=audit.counts.get("events", 0),
            events_digest=digest[0],
        )


def _audit_of(artefact: Artefact, scale: int) -> Check | None:
    checks = artefact.outcome.checks if artefact.outcome else ()
    return next((check for check in checks if check.name == f"log-integrity-x{scale}"), None)


def scales_csv(rows: Sequence[ScaleRow]) -> bytes:
    """`perf_run_summary.csv`: the rows in the order given."""
    return csv_bytes(pd.DataFrame([asdict(row) for row in rows], columns=list(SCALE_COLUMNS)))


def sweep_csv(rows: Sequence[LoadRow]) -> bytes:
    """`sweep.csv`: the rows in the order given."""
    return csv_bytes(pd.DataFrame([asdict(row) for row in rows], columns=list(LOAD_COLUMNS)))
