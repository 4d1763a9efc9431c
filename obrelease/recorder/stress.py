"""Stress runs: run one, and wrap what came out as one artefact with every scale in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from obengine.harness.open_loop import rate_msg_s
from obengine.harness.stress import ScaleRun, StressOutcome, SweepPoint, run_stress, stress_work
from obrelease.analysis.plots.latency_throughput import latency_curve
from obrelease.analysis.plots.load import latency_against_load, throughput_by_scale
from obrelease.analysis.summary.summarise import TIMER_OVERHEAD, WALL_TIMES
from obrelease.analysis.tables.stress import (
    SCALES_FILE,
    SWEEP_FILE,
    LoadRow,
    scale_rows,
    scales_csv,
    sweep_csv,
)
from obrelease.models.artefact import Measurement, Producer
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.recorder.artefact_builder import (
    KeptHistogram,
    RunRequest,
    envelope_of,
    keep_histogram,
)
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.event_log import require_log_place, write_log
from obrelease.recorder.results_folder import require_writable
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
        StorageError: the disk refused.
    """
    require_writable(registry.root)
    if log is not None:
        require_log_place(log)
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
    words = ["obrelease", "run", "stress", "--arrivals", arrivals]
    for run in outcome.scales:
        words += ["--scale", str(run.scale)]
    words += ["--seed", str(seed), "--core", name, "--passes", str(passes)]
    words += ["--rate", str(outcome.scales[0].offered_msg_s), *(["--sweep"] if sweep else [])]
    request = RunRequest("stress", arrivals, tuple(words), {}, created_ns, producer)
    made = _draft(request, outcome)
    if log is not None:
        write_log(log, outcome.log)
    return registry.record(made.artefact, made.files)


def _draft(request: RunRequest, outcome: StressOutcome) -> ArtefactDraft:
    largest = outcome.scales[-1]
    kept = {run.scale: _kept(run) for run in reversed(outcome.scales)}
    loads = [_load_row(point) for point in outcome.sweep]
    seed = outcome.workload.seed
    title = f"stress, {outcome.arrivals} arrivals, {outcome.core} core, seed {seed}"
    service, response = kept[largest.scale]
    curves = {"response time": response.curve, "service time": service.curve}
    rates = {run.scale: _rates(run) for run in outcome.scales}
    at_scale = f"{title}: x{largest.scale:,} at {largest.offered_msg_s:,} msg/s"
    files = [
        *(histogram.file for pair in kept.values() for histogram in pair),
        NewFile(
            "latency.svg",
            "image/svg+xml",
            latency_curve(curves, title=at_scale, clock="response and service"),
        ),
        NewFile("throughput.svg", "image/svg+xml", throughput_by_scale(rates, title=title)),
        chunks_file(outcome.log),
    ]
    if loads:
        knee = outcome.knee_msg_s or 0
        knee_picture = latency_against_load(loads, knee_msg_s=knee, title=title)
        files += [
            NewFile(SWEEP_FILE, "text/csv", sweep_csv(loads)),
            NewFile("knee.svg", "image/svg+xml", knee_picture),
        ]
    artefact = envelope_of(
        request,
        produced=outcome.produced,
        workload=outcome.workload,
        parameters={
            "core": outcome.core,
            "arrivals": outcome.arrivals,
            "scales": ",".join(str(run.scale) for run in outcome.scales),
            "passes": len(largest.saturated_wall_ns),
            "offered-msg-s": largest.offered_msg_s,
            "sweep": bool(loads),
        },
        measurements=_measurements(outcome),
        histograms=[histogram for pair in kept.values() for histogram in pair],
        core=outcome.core,
    )
    by_name = {each.ref.name: each.curve for pair in kept.values() for each in pair}
    rows = list(scale_rows(artefact, by_name))
    return ArtefactDraft(artefact, (NewFile(SUMMARY_FILE, "text/csv", scales_csv(rows)), *files))


def _kept(run: ScaleRun) -> tuple[KeptHistogram, KeptHistogram]:
    """Service and response time of one scale."""
    name = f"latency-x{run.scale}"
    return (
        keep_histogram(f"service-{name}", f"service-x{run.scale}.hlog", run.service_ns, clock="service"),
        keep_histogram(f"response-{name}", f"response-x{run.scale}.hlog", run.response_ns, clock="response"),
    )


def _measurements(outcome: StressOutcome) -> list[Measurement]:
    """The walls of the largest scale are the run's own; each scale's stand beside them."""
    found = [Measurement(name=WALL_TIMES, unit="ns", samples=outcome.scales[-1].saturated_wall_ns)]
    for run in outcome.scales:
        found.append(
            Measurement(name=f"saturated-wall-x{run.scale}", unit="ns", samples=run.saturated_wall_ns)
        )
        found.append(Measurement(name=f"open-loop-wall-x{run.scale}", unit="ns", samples=(run.wall_ns,)))
    if outcome.knee_msg_s is not None:
        found.append(Measurement(name="knee", unit="msg/s", samples=(outcome.knee_msg_s,)))
    found.append(Measurement(name=TIMER_OVERHEAD, unit="ns", samples=(outcome.timer_overhead_ns,)))
    return found


def _rates(run: ScaleRun) -> list[int]:
    return [rate_msg_s(run.messages, wall_ns) for wall_ns in run.saturated_wall_ns]


def _load_row(point: SweepPoint) -> LoadRow:
    return LoadRow(
        point.offered_msg_s, point.done_msg_s, *point.service_ns, *point.response_ns, *point.modelled_ns
    )
