"""What a bench or a replay gave, as an artefact: the envelope's fields and the files beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.harness.machine import MachineFacts
from obengine.harness.measure import BATCH_MESSAGES
from obengine.harness.outcome import RunOutcome, WorkloadFacts
from obrelease.analysis.histograms.histogram import Histogram, percentile_csv
from obrelease.analysis.plots.depth import depth_over_day
from obrelease.analysis.plots.latency_throughput import latency_curve, throughput_passes, touch_over_day
from obrelease.analysis.summary.summarise import TIMER_OVERHEAD, WALL_TIMES, throughput_msg_s
from obrelease.analysis.tables.summary import LATENCY_TABLE, SUMMARY_FILE, summary_csv
from obrelease.models.artefact import (
    Artefact,
    Measurement,
    Scalar,
)
from obrelease.models.artefact_draft import ArtefactDraft, slug
from obrelease.recorder.artefact_builder import (
    RunRequest,
    host_of,
    keep_histogram,
    outcome_of,
    workload_of,
)
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.risk import risk_files
from obrelease.storage.durable import NewFile

LATENCY: Final = "service-latency"
LATENCY_FILE: Final = "latency.hlog"
WARM_UP: Final = "warm-up"
"""The measurement that holds the time of the pass before those that count."""


def draft(request: RunRequest, outcome: RunOutcome, machine: MachineFacts) -> ArtefactDraft:
    """Build the envelope and render every file: table, histogram, percentile curve and plots."""
    latency = keep_histogram(LATENCY, LATENCY_FILE, outcome.service_ns, clock="service")
    artefact = Artefact(
        kind=request.kind,
        scenario=request.scenario,
        created_ns=str(request.created_ns),
        command=request.command,
        producer=request.producer,
        host=host_of(machine),
        parameters=_parameters(request, outcome),
        workload=workload_of(outcome.workload),
        outcome=outcome_of(outcome),
        measurements=(
            Measurement(name=WALL_TIMES, unit="ns", samples=outcome.pass_wall_ns),
            *_warm_up(outcome),
            Measurement(name=TIMER_OVERHEAD, unit="ns", samples=(outcome.timer_overhead_ns,)),
        ),
        histograms=(latency.ref,),
    )
    files = (
        NewFile(SUMMARY_FILE, "text/csv", summary_csv(artefact, latency.curve)),
        latency.file,
        NewFile(LATENCY_TABLE, "text/csv", percentile_csv(latency.curve)),
        *_plots(request, outcome, latency.curve),
    )
    if outcome.log is not None:
        files += (chunks_file(outcome.log),)
    if outcome.risk is not None:
        name = f"{request.kind} {request.scenario}, synthetic market maker"
        files += risk_files(outcome.risk, title=name)
    return ArtefactDraft(artefact, files)


def replayed_name(facts: WorkloadFacts) -> str:
    """The scenario of a replay: its source's name without suffix and LOBSTER's times and levels.

    LOBSTER names its files `TICKER_DATE_START_END_message_LEVELS.csv`.
    """
    stem = (facts.source.name if facts.source else facts.name).rsplit(".", 1)[0]
    return slug(re.sub(r"_[0-9]+_[0-9]+_message_[0-9]+$", "", stem))


def _warm_up(outcome: RunOutcome) -> tuple[Measurement, ...]:
    if outcome.warmup_ns is None:
        return ()
    return (Measurement(name=WARM_UP, unit="ns", samples=(outcome.warmup_ns,)),)


def _parameters(request: RunRequest, outcome: RunOutcome) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {
        "batch-messages": BATCH_MESSAGES, "core": outcome.core, "passes": len(outcome.pass_wall_ns)
    }  # fmt: skip
    for number, companion in enumerate(outcome.workload.companions, start=1):
        found[f"companion-{number}-name"] = companion.name
        found[f"companion-{number}-sha256"] = companion.sha256
    return found | dict(request.parameters)


def _plots(request: RunRequest, outcome: RunOutcome, curve: Histogram) -> tuple[NewFile, ...]:
    workload = outcome.workload
    seed = "" if workload.seed is None else f", seed {workload.seed}"
    title = f"{request.kind} {request.scenario}, {outcome.core} core{seed}: {workload.messages:,} messages"
    rates = throughput_msg_s(workload.messages, outcome.pass_wall_ns)
    pictures = {
        "latency.svg": latency_curve({outcome.core: curve}, title=title, clock="service"),
        "throughput.svg": throughput_passes(rates, title=title),
    }
    if touch := _touch(outcome.series):
        pictures["touch.svg"] = touch_over_day(*touch, title=title)
    if depth := _depth(outcome.series):
        pictures["depth.svg"] = depth_over_day(*depth, title=title)
    return tuple(NewFile(path, "image/svg+xml", content) for path, content in pictures.items())


def _depth(series: Mapping[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...] | None:
    """`time_ns`, and the lots that rest on the bid and on the ask side; None without them."""
    names = ("time_ns", "bid_depth_lots", "ask_depth_lots")
    return tuple(series[name] for name in names) if {*names} <= series.keys() else None


def _touch(series: Mapping[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...] | None:
    """`time_ns`, `bid_ticks` and `ask_ticks` of the rows where both sides have lots; None without any."""
    if not {"time_ns", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots"} <= series.keys():
        return None
    both = (series["bid_lots"] > 0) & (series["ask_lots"] > 0)
    if not both.any():
        return None
    return series["time_ns"][both], series["bid_ticks"][both], series["ask_ticks"][both]
