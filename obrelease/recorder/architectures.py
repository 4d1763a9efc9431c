"""Architecture runs: do one job with each division of the work and record the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from obengine import cores
from obengine.harness.architectures.comparison import (
    DEFAULT_MESSAGES,
    ArchitecturesOutcome,
    architectures_work,
    run_architectures,
)
from obrelease.analysis.kinds.architectures.table import ARCHITECTURES_FILE
from obrelease.analysis.kinds.measurements import TIMER_OVERHEAD, WALL_TIMES
from obrelease.analysis.kinds.run_commands import architectures_command
from obrelease.models.artefact import Producer, RecordedMetric, own_series
from obrelease.recorder.engine_adapter import engine_errors
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.preconditions import require_destinations
from obrelease.recorder.run_artefact import RunRequest, RunResult, build_run, encode_histogram
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.progress import Advance

__all__ = ["DEFAULT_MESSAGES", "SUMMARY_FILE", "architectures_work", "record_architectures"]

SUMMARY_FILE: Final = ARCHITECTURES_FILE


def record_architectures(
    registry: Registry,
    *,
    seeds: Sequence[int],
    passes: int,
    messages: int,
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Do one job with each architecture and record the run.

    Args:
        registry, passes, created_ns, producer, progress: as for `record_bench`.
        seeds: of the order flow; each gives one digest that all must share.
        messages: of each flow.

    Raises:
        UsageError: a number that makes no sense.
        NotReproduced: two architectures gave different events; nothing is recorded.
        StorageError: the results cannot be written.
    """
    require_destinations(registry.root, None)
    with engine_errors():
        outcome = run_architectures(seeds, passes=passes, messages=messages, progress=progress)
    seeds_text = ",".join(map(str, outcome.seeds))
    command = architectures_command(seeds=seeds_text, passes=passes, messages=messages)
    request = RunRequest("architectures", f"x{messages}", command, created_ns, producer)
    draft = build_run(request, _result(outcome, passes))
    return registry.record(draft.artefact, draft.files)


def _result(outcome: ArchitecturesOutcome, passes: int) -> RunResult:
    return RunResult(
        workload=outcome.workload,
        outcome=outcome.output,
        core=max(outcome.runs, key=lambda run: run.core == cores.NATIVE).core,
        parameters={
            "seeds": ",".join(map(str, outcome.seeds)),
            "passes": passes,
            "architectures": ",".join(run.name for run in outcome.runs),
            "cores": ",".join(run.core for run in outcome.runs),
        },
        metrics=_metrics(outcome),
        histograms=[
            encode_histogram(
                f"{run.name}-latency", f"latency-{run.name}.hlog", run.latency_ns, clock="service"
            )
            for run in outcome.runs
        ],
        files=[chunks_file(outcome.log)],
    )


def _metrics(outcome: ArchitecturesOutcome) -> list[RecordedMetric]:
    """The wall times of the first architecture are the run's own; all stages of each follow."""
    found = [own_series(WALL_TIMES, "ns", outcome.runs[0].wall_ns)]
    for run in outcome.runs:
        found.append(own_series(f"{run.name}-wall", "ns", run.wall_ns))
        found += [own_series(f"{run.name}-{stage}-busy", "ns", (ns,)) for stage, ns in run.busy_ns.items()]
        if run.handoff_ns is not None:
            found.append(own_series(f"{run.name}-handoff", "ns", (run.handoff_ns,)))
        if run.bottleneck_ns is not None:
            found.append(own_series(f"{run.name}-busiest-thread", "ns", (run.bottleneck_ns,)))
    found.append(own_series(TIMER_OVERHEAD, "ns", (outcome.timer_overhead_ns,)))
    return found
