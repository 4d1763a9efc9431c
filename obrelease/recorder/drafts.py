"""What a run gave, as an artefact: the envelope's fields and the files beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median_low
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.harness.machine import MachineFacts
from obengine.harness.outcome import RunOutcome, WorkloadFacts
from obrelease.analysis.frames import SummaryRow, csv_bytes, latency_columns, summary_frame
from obrelease.analysis.histograms import (
    SIGNIFICANT_DIGITS,
    EncodedHistogram,
    Histogram,
    decode,
    encode,
    percentile_csv,
    summary_of,
)
from obrelease.analysis.plots import latency_curve, throughput_passes, touch_over_day
from obrelease.analysis.summaries import WALL_TIMES, throughput_msg_s
from obrelease.models.artefact import (
    Artefact,
    Check,
    HistogramRef,
    Host,
    Kind,
    Measurement,
    Outcome,
    Producer,
    Scalar,
    SourceFile,
    StableHost,
    VolatileHost,
    Workload,
)
from obrelease.registry.durable import NewFile

TIMER_OVERHEAD: Final = "timer-overhead"
LATENCY: Final = "service-latency"
LATENCY_FILE: Final = "latency.hlog"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, and by whom: all of the envelope that the engine does not know.

    Attributes:
        kind: the mode of the run.
        scenario: the folder's name below the kind.
        command: the canonical command line that measures it again.
        parameters: what the mode was told, beyond the workload.
        created_ns: nanoseconds since the epoch.
        producer: the program and its source tree.
    """

    kind: Kind
    scenario: str
    command: tuple[str, ...]
    parameters: Mapping[str, Scalar]
    created_ns: int
    producer: Producer


@dataclass(frozen=True, slots=True)
class Draft:
    """An artefact that still lacks its list of files, and those files."""

    artefact: Artefact
    files: tuple[NewFile, ...]


def draft(request: Request, outcome: RunOutcome, machine: MachineFacts) -> Draft:
    """Build the envelope and render every file: table, histogram, percentile curve and plots."""
    encoded = encode(outcome.service_ns)
    curve = decode(encoded.hlog, name=LATENCY_FILE)
    artefact = Artefact(
        kind=request.kind,
        scenario=request.scenario,
        created_ns=str(request.created_ns),
        command=request.command,
        producer=request.producer,
        host=_host(machine),
        parameters=_parameters(request, outcome),
        workload=_workload(outcome.workload),
        outcome=_outcome(outcome),
        measurements=(
            Measurement(name=WALL_TIMES, unit="ns", samples=outcome.pass_wall_ns),
            Measurement(name=TIMER_OVERHEAD, unit="ns", samples=(outcome.timer_overhead_ns,)),
        ),
        histograms=(
            HistogramRef(
                name=LATENCY,
                path=LATENCY_FILE,
                unit="ns",
                clock="service",
                count=encoded.count,
                out_of_range=encoded.out_of_range,
                significant_digits=SIGNIFICANT_DIGITS,
            ),
        ),
    )
    files = (
        NewFile("summary.csv", "text/csv", _summary_csv(request, outcome, encoded, curve)),
        NewFile(LATENCY_FILE, "text/plain", encoded.hlog),
        NewFile("latency.csv", "text/csv", percentile_csv(curve)),
        *_plots(request, outcome, curve),
    )
    return Draft(artefact, files)


def slug(name: str) -> str:
    """A name that is safe as a folder, made of any text: lower case, other characters as `-`."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "unnamed"


def replayed_name(facts: WorkloadFacts) -> str:
    """The scenario of a replay: its source's name without suffix and LOBSTER's times and levels.

    LOBSTER names its files `TICKER_DATE_START_END_message_LEVELS.csv`.
    """
    stem = (facts.source.name if facts.source else facts.name).rsplit(".", 1)[0]
    return slug(re.sub(r"_[0-9]+_[0-9]+_message_[0-9]+$", "", stem))


def _parameters(request: Request, outcome: RunOutcome) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {"core": outcome.core, "passes": len(outcome.pass_wall_ns)}
    for number, companion in enumerate(outcome.workload.companions, start=1):
        found[f"companion-{number}-name"] = companion.name
        found[f"companion-{number}-sha256"] = companion.sha256
    return found | dict(request.parameters)


def _host(machine: MachineFacts) -> Host:
    stable, volatile = machine.stable, machine.volatile
    return Host(
        stable=StableHost(
            system=stable.system,
            machine=stable.machine,
            cpu_model=stable.cpu_model,
            cpu_count=stable.cpu_count,
            python=stable.python,
            compiler=stable.compiler,
            libraries=dict(stable.libraries),
        ),
        volatile=VolatileHost(
            kernel=volatile.kernel,
            load_1m_milli=volatile.load_1m_milli,
            cpu_khz=volatile.cpu_khz,
            memory_available_bytes=volatile.memory_available_bytes,
        ),
    )


def _workload(facts: WorkloadFacts) -> Workload:
    source = facts.source
    return Workload(
        name=slug(facts.name),
        version=facts.version,
        messages=facts.messages,
        commands_digest=facts.commands_digest,
        seed=None if facts.seed is None else str(facts.seed),
        source=SourceFile(name=source.name, size=source.size, sha256=source.sha256) if source else None,
    )


def _outcome(outcome: RunOutcome) -> Outcome:
    return Outcome(
        events=outcome.events,
        events_digest=outcome.events_digest,
        state_digest=outcome.state_digest,
        counts=dict(outcome.counts),
        checks=tuple(
            Check(name=check.name, passed=check.passed, detail=check.detail, counts=dict(check.counts))
            for check in outcome.checks
        ),
    )


def _summary_csv(request: Request, outcome: RunOutcome, encoded: EncodedHistogram, curve: Histogram) -> bytes:
    workload, walls = outcome.workload, outcome.pass_wall_ns
    row = SummaryRow(
        kind=request.kind,
        scenario=request.scenario,
        core=outcome.core,
        seed=None if workload.seed is None else str(workload.seed),
        source=workload.source.name if workload.source else None,
        messages=workload.messages,
        passes=len(walls),
        wall_min_ns=min(walls),
        wall_median_ns=median_low(walls),
        wall_max_ns=max(walls),
        throughput_median_msg_s=median_low(throughput_msg_s(workload.messages, walls)),
        latency_out_of_range=encoded.out_of_range,
        timer_overhead_ns=outcome.timer_overhead_ns,
        events=outcome.events,
        events_digest=outcome.events_digest,
        state_digest=outcome.state_digest,
        **latency_columns(summary_of(curve)),
    )
    return csv_bytes(summary_frame([row]))


def _plots(request: Request, outcome: RunOutcome, curve: Histogram) -> tuple[NewFile, ...]:
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
    return tuple(NewFile(path, "image/svg+xml", content) for path, content in pictures.items())


def _touch(series: Mapping[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...] | None:
    """`time_ns`, `bid_ticks` and `ask_ticks` of the rows where both sides have lots; None without any."""
    if not {"time_ns", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots"} <= series.keys():
        return None
    both = (series["bid_lots"] > 0) & (series["ask_lots"] > 0)
    if not both.any():
        return None
    return series["time_ns"][both], series["bid_ticks"][both], series["ask_ticks"][both]
