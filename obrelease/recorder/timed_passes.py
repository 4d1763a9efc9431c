"""What bench and replay runs have in common: repeated passes, a latency histogram, time series."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from obengine.harness.measure import BATCH_MESSAGES
from obengine.harness.outcome import EngineOutput, RunOutcome
from obengine.harness.units import Units
from obrelease.analysis.kinds.measurements import TIMER_OVERHEAD, WALL_TIMES
from obrelease.analysis.kinds.timed_passes.kind import run_title
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits
from obrelease.models.artefact import RecordedMetric, Scalar, own_series
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.event_log import write_log
from obrelease.recorder.risk_files import limits_files, risk_files
from obrelease.recorder.run_artefact import (
    RunRequest,
    RunResult,
    build_run,
    encode_histogram,
    svg_file,
)
from obrelease.recorder.simulation_files import simulation_files
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile

Int64s = NDArray[np.int64]


def record_timed_passes(
    registry: Registry,
    request: RunRequest,
    outcome: RunOutcome,
    *,
    parameters: Mapping[str, Scalar] | None = None,
    log: Path | None,
    events: NewFile | None = None,
    pictures: bool = True,
) -> Entry:
    """Record a bench or a replay; `parameters` are added to those that the outcome gives.

    Args:
        log: where to write the outcome's events as JSON lines, or None.
        events: the digests of events that the outcome does not keep.
        pictures: False draws nothing; a bench needs none, a replay would lose those of its time series.
    """
    draft = build_run(request, _result(request, outcome, parameters or {}, events), pictures=pictures)
    if log is not None and outcome.log is not None:
        write_log(log, outcome.log)
    return registry.record(draft.artefact, draft.files)


def _result(
    request: RunRequest, outcome: RunOutcome, parameters: Mapping[str, Scalar], events: NewFile | None
) -> RunResult:
    return RunResult(
        workload=outcome.workload,
        outcome=EngineOutput(
            outcome.events, outcome.events_digest, outcome.state_digest, outcome.counts, outcome.checks
        ),
        core=outcome.core,
        parameters={**_parameters(outcome), **parameters},
        metrics=_metrics(outcome),
        histograms=[encode_histogram("service-latency", "latency.hlog", outcome.service_ns, clock="service")],
        files=[
            *_series_plots(request, outcome),
            *(() if events is None else (events,)),
            *_event_files(request, outcome),
        ],
    )


def _parameters(outcome: RunOutcome) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {
        "batch-messages": BATCH_MESSAGES,
        "core": outcome.core,
        "passes": len(outcome.pass_wall_ns),
    }
    if outcome.digest_threads > 1:
        found["digest-threads"] = outcome.digest_threads
    for number, companion in enumerate(outcome.workload.companions, start=1):
        found[f"companion-{number}-name"] = companion.name
        found[f"companion-{number}-sha256"] = companion.sha256
    return found


def _metrics(outcome: RunOutcome) -> list[RecordedMetric]:
    found = [own_series(WALL_TIMES, "ns", outcome.pass_wall_ns)]
    if outcome.warmup_ns is not None:
        found.append(own_series("warm-up", "ns", (outcome.warmup_ns,)))
    return [*found, own_series(TIMER_OVERHEAD, "ns", (outcome.timer_overhead_ns,))]


def _series_plots(request: RunRequest, outcome: RunOutcome) -> list[NewFile]:
    """Plots of time series, which the artefact does not keep."""
    seed, messages = outcome.workload.seed, outcome.workload.messages
    title = run_title(request.kind, request.scenario, core=outcome.core, seed=seed, messages=messages)
    units = plot_units(outcome.units)
    plots = []
    if not outcome.series:
        return []
    # Imported here: they load matplotlib, which must not happen before or without a picture.
    from obrelease.analysis.kinds.timed_passes.depth_plot import depth_over_day
    from obrelease.analysis.kinds.timed_passes.plots import touch_over_day

    if touch := _touch(outcome.series):
        plots.append(svg_file("touch.svg", touch_over_day(*touch, title=title, units=units)))
    if depth := _depth(outcome.series):
        plots.append(svg_file("depth.svg", depth_over_day(*depth, title=title, units=units)))
    return plots


def _event_files(request: RunRequest, outcome: RunOutcome) -> list[NewFile]:
    files = [] if outcome.log is None else [chunks_file(outcome.log)]
    if outcome.simulation is not None:
        title = f"{request.kind} {request.scenario}, strategy"
        files += simulation_files(outcome.simulation, title=title, units=plot_units(outcome.units))
        if outcome.risk is not None:
            files += limits_files(outcome.risk)
    elif outcome.risk is not None:
        title = f"{request.kind} {request.scenario}, synthetic market maker"
        files += risk_files(outcome.risk, title=title, units=plot_units(outcome.units))
    return files


def plot_units(units: Units | None) -> PlotUnits:
    """The units of a stream for its plots."""
    if units is None:
        return TICKS_AND_LOTS
    return PlotUnits(units.currency or "quote currency", float(units.unit), units.lot_name)


def _depth(series: Mapping[str, Int64s]) -> tuple[Int64s, ...] | None:
    """`time_ns`, and the lots that rest on the bid and on the ask side; None without them."""
    names = ("time_ns", "bid_depth_lots", "ask_depth_lots")
    return tuple(series[name] for name in names) if {*names} <= series.keys() else None


def _touch(series: Mapping[str, Int64s]) -> tuple[Int64s, ...] | None:
    """`time_ns`, `bid_ticks` and `ask_ticks` of the rows where both sides have lots; None without any."""
    if not {"time_ns", "bid_ticks", "bid_lots", "ask_ticks", "ask_lots"} <= series.keys():
        return None
    both = (series["bid_lots"] > 0) & (series["ask_lots"] > 0)
    if not both.any():
        return None
    return series["time_ns"][both], series["bid_ticks"][both], series["ask_ticks"][both]
