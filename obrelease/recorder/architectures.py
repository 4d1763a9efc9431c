"""Architecture runs: run them all, and wrap what came out as one artefact."""

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
from obrelease.analysis.plots.architectures import architectures_compared
from obrelease.analysis.plots.latency_throughput import latency_curve
from obrelease.analysis.summary.summarise import TIMER_OVERHEAD, WALL_TIMES, throughput_msg_s
from obrelease.analysis.tables.architectures import ARCHITECTURES_FILE, architectures_csv
from obrelease.models.artefact import Measurement, Producer
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.recorder.artefact_builder import RunRequest, envelope_of, keep_histogram
from obrelease.recorder.engine_adapter import engine_errors
from obrelease.recorder.event_chunks import chunks_file
from obrelease.recorder.results_folder import require_writable
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
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
        StorageError: the disk refused.
    """
    require_writable(registry.root)
    with engine_errors():
        outcome = run_architectures(seeds, passes=passes, messages=messages, progress=progress)
    told = ",".join(map(str, outcome.seeds))
    words = ("obrelease", "run", "architectures", "--seeds", told)
    numbers = ("--passes", str(passes), "--messages", str(messages))
    request = RunRequest("architectures", f"x{messages}", (*words, *numbers), {}, created_ns, producer)
    made = _draft(request, outcome, passes)
    return registry.record(made.artefact, made.files)


def _draft(request: RunRequest, outcome: ArchitecturesOutcome, passes: int) -> ArtefactDraft:
    messages = outcome.workload.messages
    kept = {
        run.name: keep_histogram(
            f"{run.name}-latency", f"latency-{run.name}.hlog", run.latency_ns, clock="service"
        )
        for run in outcome.runs
    }
    rates = {run.name: throughput_msg_s(messages, run.wall_ns) for run in outcome.runs}
    stages = {run.name: {stage: ns // messages for stage, ns in run.busy_ns.items()} for run in outcome.runs}
    title = f"architectures, {messages:,} messages, seeds {', '.join(map(str, outcome.seeds))}"
    curves = {name: each.curve for name, each in list(kept.items())[:8]}
    pictures = {
        "architectures.svg": architectures_compared(rates, stages, title=title),
        "latency.svg": latency_curve(curves, title=title, clock="service"),
    }
    artefact = envelope_of(
        request,
        produced=outcome.produced,
        workload=outcome.workload,
        parameters={
            "seeds": ",".join(map(str, outcome.seeds)),
            "passes": passes,
            "architectures": ",".join(run.name for run in outcome.runs),
            "cores": ",".join(run.core for run in outcome.runs),
        },
        measurements=_measurements(outcome),
        histograms=list(kept.values()),
        core=max(outcome.runs, key=lambda run: run.core == cores.NATIVE).core,
    )
    table = architectures_csv(artefact, {each.ref.name: each.curve for each in kept.values()})
    files = (
        NewFile(SUMMARY_FILE, "text/csv", table),
        *(each.file for each in kept.values()),
        *(NewFile(path, "image/svg+xml", content) for path, content in pictures.items()),
        chunks_file(outcome.log),
    )
    return ArtefactDraft(artefact, files)


def _measurements(outcome: ArchitecturesOutcome) -> list[Measurement]:
    """The first architecture's walls are the run's own; every stage of each stands beside them."""
    found = [Measurement(name=WALL_TIMES, unit="ns", samples=outcome.runs[0].wall_ns)]
    for run in outcome.runs:
        found.append(Measurement(name=f"{run.name}-wall", unit="ns", samples=run.wall_ns))
        found += [
            Measurement(name=f"{run.name}-{stage}-busy", unit="ns", samples=(ns,))
            for stage, ns in run.busy_ns.items()
        ]
        if run.handoff_ns is not None:
            found.append(Measurement(name=f"{run.name}-handoff", unit="ns", samples=(run.handoff_ns,)))
        if run.bottleneck_ns is not None:
            found.append(
                Measurement(name=f"{run.name}-busiest-thread", unit="ns", samples=(run.bottleneck_ns,))
            )
    found.append(Measurement(name=TIMER_OVERHEAD, unit="ns", samples=(outcome.timer_overhead_ns,)))
    return found
