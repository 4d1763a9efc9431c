"""Stress runs: measure an open loop at several scales and record the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from obengine.harness.stress import ScaleRun, StressOutcome, SweepPoint, run_stress, stress_work
from obrelease.analysis.kinds.measurements import TIMER_OVERHEAD, WALL_TIMES
from obrelease.analysis.kinds.run_commands import stress_command
from obrelease.analysis.kinds.stress.kind import run_title
from obrelease.analysis.kinds.stress.tables import SCALES_FILE, SWEEP_FILE, LoadRow, sweep_csv
from obrelease.models.artefact import Producer, RecordedMetric, own_series
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.event_log import write_log
from obrelease.recorder.preconditions import require_destinations
from obrelease.recorder.run_artefact import (
    HistogramFile,
    RunRequest,
    RunResult,
    build_run,
    csv_file,
    encode_histogram,
    svg_file,
)
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from obrelease.storage.progress import Advance

__all__ = ["SUMMARY_FILE", "record_stress", "stress_work"]

SUMMARY_FILE: Final = SCALES_FILE


def record_stress(
    registry: Registry,
    *,
    arrivals: str,
    scales: Sequence[int],
    seed: int,
    core: str,
    passes: int,
    rate: int | None,
    sweep: bool,
    log: Path | None = None,
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Measure seeded flow in an open loop at each scale and record the run.

    Args:
        registry, core, passes, created_ns, producer, progress: as for `record_bench`.
        arrivals: `poisson`, `burst` or `hawkes`.
        scales: multiples of the base workload of 2,000 messages.
        seed: 0 to 2**64 - 1, of the flow and of the arrivals.
        rate: messages offered per second, or None for half of what the loop sustains.
        sweep: also raise the load step by step and find the knee.
        log: where to write the largest scale's events as JSON lines, or None.

    Raises:
        UsageError: a name or a number that makes no sense.
        NotFound: the core is not in this installation.
        StorageError: the results or the log cannot be written.
    """
    require_destinations(registry.root, log)
    with engine_errors():
        name = resolve_core(core)
        outcome = run_stress(
            arrivals=arrivals,
            scales=scales,
            seed=seed,
            core=name,
            passes=passes,
            rate=rate,
            sweep=sweep,
            progress=progress,
        )
    command = stress_command(
        arrivals=arrivals,
        scales=[run.scale for run in outcome.scales],
        seed=seed,
        core=name,
        passes=passes,
        rate=outcome.scales[0].offered_msg_s,
        sweep=sweep,
    )
    request = RunRequest("stress", arrivals, command, created_ns, producer)
    draft = build_run(request, _result(outcome))
    if log is not None:
        write_log(log, outcome.log)
    return registry.record(draft.artefact, draft.files)


def _result(outcome: StressOutcome) -> RunResult:
    largest = outcome.scales[-1]
    return RunResult(
        workload=outcome.workload,
        outcome=outcome.output,
        core=outcome.core,
        parameters={
            "core": outcome.core,
            "arrivals": outcome.arrivals,
            "scales": ",".join(str(run.scale) for run in outcome.scales),
            "passes": len(largest.saturated_wall_ns),
            "offered-msg-s": largest.offered_msg_s,
            "sweep": bool(outcome.sweep),
        },
        metrics=_metrics(outcome),
        histograms=[each for run in reversed(outcome.scales) for each in _histograms(run)],
        files=[chunks_file(outcome.log), *_sweep_files(outcome)],
    )


def _histograms(run: ScaleRun) -> tuple[HistogramFile, HistogramFile]:
    """Service and response time of one scale."""
    name = f"latency-x{run.scale}"
    return (
        encode_histogram(f"service-{name}", f"service-x{run.scale}.hlog", run.service_ns, clock="service"),
        encode_histogram(
            f"response-{name}", f"response-x{run.scale}.hlog", run.response_ns, clock="response"
        ),
    )


def _metrics(outcome: StressOutcome) -> list[RecordedMetric]:
    """The wall times of the largest scale are the run's own; those of each scale follow."""
    found = [own_series(WALL_TIMES, "ns", outcome.scales[-1].saturated_wall_ns)]
    for run in outcome.scales:
        found.append(own_series(f"saturated-wall-x{run.scale}", "ns", run.saturated_wall_ns))
        found.append(own_series(f"open-loop-wall-x{run.scale}", "ns", (run.wall_ns,)))
    if outcome.knee_msg_s is not None:
        found.append(own_series("knee", "msg/s", (outcome.knee_msg_s,)))
    found.append(own_series(TIMER_OVERHEAD, "ns", (outcome.timer_overhead_ns,)))
    return found


def _sweep_files(outcome: StressOutcome) -> list[NewFile]:
    """The sweep's table and plot; a sweep keeps no histograms that they could be derived from."""
    if not outcome.sweep:
        return []
    # Imported here: it loads matplotlib, which must not happen before the measurement.
    from obrelease.analysis.kinds.stress.plots import latency_against_load

    loads = [_load_row(point) for point in outcome.sweep]
    title = run_title(outcome.arrivals, outcome.core, outcome.workload.seed)
    knee = latency_against_load(loads, knee_msg_s=outcome.knee_msg_s or 0, title=title)
    return [csv_file(SWEEP_FILE, sweep_csv(loads)), svg_file("knee.svg", knee)]


def _load_row(point: SweepPoint) -> LoadRow:
    return LoadRow(
        point.offered_msg_s, point.done_msg_s, *point.service_ns, *point.response_ns, *point.modelled_ns
    )
