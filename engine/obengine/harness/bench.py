"""Benchmarks: a scenario of seeded flow on a core, measured and checked."""

from __future__ import annotations

from functools import partial

from obengine.api.messages import records_digest
from obengine.cores import make_book
from obengine.harness.checks import core_check, flow_check, integrity_check, pass_checks
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.fresh_passes import run_fresh_passes
from obengine.harness.measure import Progress, run_passes, tally, time_messages
from obengine.harness.outcome import RunOutcome, WorkloadFacts
from obengine.harness.scenario import DEFAULT_SEED, check_numbers, scenario_named
from obengine.harness.stability import stability_check


def bench_work(scenario: str, *, passes: int, messages: int | None = None) -> int:
    """The total number of messages that `run_bench` reports to `progress`.

    Raises:
        WorkloadError: unknown scenario.
    """
    return (messages or scenario_named(scenario).messages) * (passes + 2)


def run_bench(
    scenario: str,
    *,
    seed: int = DEFAULT_SEED,
    core: str,
    passes: int,
    progress: Progress | None = None,
    messages: int | None = None,
    fresh_processes: bool = False,
) -> RunOutcome:
    """Measure a scenario: a warm-up pass, `passes` timed passes on new books, and a latency pass.

    Args:
        scenario: a name in `SCENARIOS`.
        seed: any uint64.
        core: a name of `obengine.cores`.
        passes: number of timed passes.
        progress: called with the number of messages finished since its last call; `bench_work` is the sum.
        messages: number of messages; None is the scenario's default.
        fresh_processes: run each timed pass in a new process.

    Raises:
        WorkloadError: unknown scenario, or a number out of range.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two passes gave different events or states.
        WorkerFailed: the process of a pass failed.
    """
    plan = scenario_named(scenario)
    length = plan.messages if messages is None else messages
    check_numbers(seed=seed, passes=passes, messages=length)
    make = partial(make_book, core)
    make()
    commands, flow = plan.commands(seed, length)
    results = run_passes(commands, make, 0 if fresh_processes else passes, progress)
    if fresh_processes:
        results = run_fresh_passes(commands, core, passes, results, progress)
    service = time_messages(commands, make, results, progress)
    second = core_check(commands, results.events, core) if flow is None else flow_check(flow, results)
    stability = stability_check(results.wall_ns, results.preemptions, fresh_processes=fresh_processes)
    workload = WorkloadFacts(
        name=plan.name,
        version=plan.version,
        messages=length,
        commands_digest=records_digest(commands),
        seed=seed,
    )
    return RunOutcome(
        core=core,
        workload=workload,
        events=results.events.size,
        events_digest=results.events_digest,
        state_digest=results.snapshot.digest(),
        counts=tally(results.events),
        checks=(
            *pass_checks(len(results.wall_ns), results.events.size, service),
            integrity_check(results),
            *([second] if second else []),
            stability,
        ),
        pass_wall_ns=results.wall_ns,
        service_ns=service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
        log=results.events,
        warmup_ns=results.warmup_ns,
        digest_threads=results.digest_threads,
    )
