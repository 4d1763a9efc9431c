"""Comparison of architectures: one job, equal events digests, and the cost of each architecture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import DigestMismatch, WorkloadError
from obengine.api.messages import Commands, Events, records_digest
from obengine.cores import core_names, make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness.architectures.runners import ARCHITECTURES, Architecture, ArchitecturePass
from obengine.harness.architectures.wire import to_wire
from obengine.harness.clock import now_ns, timer_overhead_ns
from obengine.harness.measure import Progress, collector_paused, tally
from obengine.harness.outcome import CheckResult, EngineOutput, WorkloadFacts
from obengine.harness.scenario import check_numbers
from obengine.harness.stability import stability_check

ARCHITECTURES_VERSION: Final = 1
SYMBOLS: Final = 8
DEFAULT_MESSAGES: Final = 100_000
MAX_ARCHITECTURE_MESSAGES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class ArchitectureRun:
    """The results of one architecture over all seeds and passes.

    Attributes:
        wall_ns: the wall time of each pass, seed by seed.
        busy_ns: the median busy time of each stage.
        handoff_ns: the time to pass the same number of messages between threads without work, or to split and
            merge them for shards; None if nothing is passed.
        bottleneck_ns: the busy time of the busiest thread, which bounds the pass time; None if unknown.
        latency_ns: the latency of every message of the last pass of each seed.
    """

    name: str
    core: str
    wall_ns: tuple[int, ...]
    busy_ns: dict[str, int]
    handoff_ns: int | None
    bottleneck_ns: int | None
    latency_ns: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArchitecturesOutcome:
    """The results of all architectures; `output` is that of the first seed, with a check for every seed."""

    workload: WorkloadFacts
    seeds: tuple[int, ...]
    runs: tuple[ArchitectureRun, ...]
    output: EngineOutput
    timer_overhead_ns: int
    log: Events


def architecture_names() -> tuple[str, ...]:
    """The architectures that are available in this installation."""
    return tuple(name for name, each in ARCHITECTURES.items() if each.core in core_names())


def architectures_work(seeds: Sequence[int], *, passes: int, messages: int) -> int:
    """The total number of messages that `run_architectures` reports to `progress`."""
    return len(seeds) * passes * messages * len(architecture_names())


def run_architectures(
    seeds: Sequence[int],
    *,
    passes: int,
    messages: int = DEFAULT_MESSAGES,
    progress: Progress | None = None,
) -> ArchitecturesOutcome:
    """Run one job with each architecture, `passes` times for each seed, interleaved.

    Raises:
        WorkloadError: no seeds, or a number out of range.
        DigestMismatch: two architectures gave different events.
    """
    if not seeds:
        raise WorkloadError("architectures need at least one seed")
    if messages > MAX_ARCHITECTURE_MESSAGES:
        raise WorkloadError(
            f"architectures take at most {MAX_ARCHITECTURE_MESSAGES:,} messages, not {messages}"
        )
    for seed in seeds:
        check_numbers(seed=seed, passes=passes, messages=messages)
    chosen = [ARCHITECTURES[name] for name in architecture_names()]
    streams = {seed: spread(generate(STEADY, seed, messages).commands) for seed in dict.fromkeys(seeds)}
    taken: dict[str, list[ArchitecturePass]] = {each.name: [] for each in chosen}
    latency: dict[str, list[NDArray[np.int64]]] = {each.name: [] for each in chosen}
    checks = []
    for seed, commands in streams.items():
        results = _run_seed(commands, chosen, passes, progress)
        checks.append(_require_one_digest(seed, results))
        for name, runs in results.items():
            latency[name].append(runs[-1].latency_ns)
            taken[name] += [replace(each, latency_ns=each.latency_ns[:0]) for each in runs]
    checks += [_stability(name, runs, passes) for name, runs in taken.items()]
    first = streams[seeds[0]]
    book = make_book(chosen[-1].core, SYMBOLS)
    events = book.apply(first)
    return ArchitecturesOutcome(
        workload=WorkloadFacts(
            name="architectures",
            version=ARCHITECTURES_VERSION,
            messages=messages,
            commands_digest=records_digest(first),
            seed=seeds[0],
        ),
        seeds=tuple(streams),
        runs=tuple(_summarise(each, taken[each.name], latency[each.name], messages) for each in chosen),
        output=EngineOutput(
            events=events.size,
            events_digest=records_digest(events),
            state_digest=book.state_digest(),
            counts=tally(events),
            checks=tuple(checks),
        ),
        timer_overhead_ns=timer_overhead_ns(),
        log=events,
    )


def spread(commands: Commands) -> Commands:
    """Distribute a flow over `SYMBOLS` symbols by order id, so that commands of an order stay together."""
    commands["symbol"] = commands["order_id"] % SYMBOLS
    return commands


def _run_seed(
    commands: Commands, chosen: Sequence[Architecture], passes: int, progress: Progress | None
) -> dict[str, list[ArchitecturePass]]:
    """Interleaved passes of all architectures, so that other load affects all of them equally."""
    wire = to_wire(commands)
    results: dict[str, list[ArchitecturePass]] = {each.name: [] for each in chosen}
    for _ in range(passes):
        for each in chosen:
            with collector_paused():
                results[each.name].append(each.run(wire, SYMBOLS, now_ns))
            if progress is not None:
                progress(commands.size)
    return results


def _stability(name: str, runs: Sequence[ArchitecturePass], passes: int) -> CheckResult:
    """The stability of an architecture: that of its least stable seed, because seeds differ in work."""
    walls = [[results.wall_ns for results in runs[at : at + passes]] for at in range(0, len(runs), passes)]
    found = [stability_check(each, (), name=f"stability-{name}") for each in walls]
    return max(found, key=lambda check: (check.counts["unstable"], check.counts["middle-half-permille"]))


def _require_one_digest(seed: int, results: dict[str, list[ArchitecturePass]]) -> CheckResult:
    """Require the same digest from every pass of every architecture.

    Raises:
        DigestMismatch: names the architecture that differs from the first.
    """
    first = next(iter(results.values()))[0]
    for name, runs in results.items():
        for each in runs:
            if (each.events, each.events_digest) != (first.events, first.events_digest):
                raise DigestMismatch(
                    f"{name} gave other events than {next(iter(results))} for seed {seed}: "
                    f"{each.events_digest[:12]} with {each.events}, not {first.events_digest[:12]} "
                    f"with {first.events}"
                )
    return CheckResult(
        f"one-digest-seed-{seed}",
        passed=True,
        detail=f"every pass of every architecture gave the events {first.events_digest}",
        counts={
            "architectures": len(results),
            "passes": sum(map(len, results.values())),
            "events": first.events,
        },
    )


def _summarise(
    each: Architecture, runs: Sequence[ArchitecturePass], latency: Sequence[NDArray[np.int64]], messages: int
) -> ArchitectureRun:
    stages = {stage: median_low(results.busy_ns[stage] for results in runs) for stage in runs[0].busy_ns}
    return ArchitectureRun(
        name=each.name,
        core=each.core,
        wall_ns=tuple(results.wall_ns for results in runs),
        busy_ns=stages,
        handoff_ns=_handoff_ns(each, stages, messages),
        bottleneck_ns=each.bottleneck_ns(stages),
        latency_ns=np.concatenate(latency),
    )


def _handoff_ns(each: Architecture, stages: dict[str, int], messages: int) -> int | None:
    if each.handoff is not None:
        return median_low([each.handoff(messages, now_ns) for _ in range(3)])
    return stages["split"] + stages["merge"] if "merge" in stages else None
