"""Benchmarks of seeded flow: a scenario on a core, measured and checked."""

from __future__ import annotations

from functools import partial

from obengine.cores import make_book
from obengine.flow import Flow, generate
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.measure import Passes, Progress, ServiceTimes, run_passes, tally, time_messages
from obengine.harness.outcome import CheckResult, RunOutcome, WorkloadFacts
from obengine.harness.scenario import DEFAULT_SEED, check_numbers, scenario_named
from obengine.messages import EventKind, records_digest


def bench_work(scenario: str, *, passes: int, messages: int | None = None) -> int:
    """All the messages that `run_bench` will report to its `progress`: warm-up, passes, latency pass.

    Raises:
        WorkloadError: there is no such scenario.
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
) -> RunOutcome:
    """Measure a scenario: a warm-up, `passes` timed passes on fresh books, and one latency pass.

    Args:
        scenario: a name in `SCENARIOS`.
        seed: any uint64.
        core: a name of `obengine.cores`.
        passes: how many wall times to take.
        progress: called with the messages finished since its last call; `bench_work` is their sum.
        messages: another length than the scenario's own.

    Raises:
        WorkloadError: no such scenario, or a number out of its range.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two passes differ; there is no outcome then.
    """
    plan = scenario_named(scenario)
    length = plan.messages if messages is None else messages
    check_numbers(seed=seed, passes=passes, messages=length)
    make = partial(make_book, core)
    make()
    flow = generate(plan.profile, seed, length)
    ran = run_passes(flow.commands, make, passes, progress)
    service = time_messages(flow.commands, make, ran, progress)
    workload = WorkloadFacts(
        name=plan.name,
        version=plan.version,
        messages=length,
        commands_digest=records_digest(flow.commands),
        seed=seed,
    )
    return RunOutcome(
        core=core,
        workload=workload,
        events=ran.events.size,
        events_digest=ran.events_digest,
        state_digest=ran.snapshot.digest(),
        counts=tally(ran.events),
        checks=(
            *pass_checks(ran, service),
            flow_check(flow, ran),
        ),
        pass_wall_ns=ran.wall_ns,
        service_ns=service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
    )


def pass_checks(ran: Passes, service: ServiceTimes) -> tuple[CheckResult, ...]:
    """What `run_passes` and `time_messages` proved by not raising."""
    every = "every message" if service.stride == 1 else f"one message in {service.stride}"
    return (
        CheckResult(
            "passes-agree",
            passed=True,
            detail="every pass gave the same events and the same final state",
            counts={"passes": len(ran.wall_ns) + 1, "events": ran.events.size},
        ),
        CheckResult(
            "single-messages-agree",
            passed=True,
            detail=f"the latency pass, with {every} applied and timed alone, gave the same events",
            counts={"timed": service.latency_ns.size, "stride": service.stride},
        ),
    )


def flow_check(flow: Flow, ran: Passes) -> CheckResult:
    """Whether the core traded as the generator's own, independent model of the book did."""
    trades = ran.events[ran.events["kind"] == EventKind.TRADED]
    got = {
        "trades": trades.size,
        "traded-lots": int(trades["qty_lots"].sum(dtype="int64")),
        "resting-orders": ran.snapshot.orders.size,
    }
    wanted = {
        "trades": flow.trades,
        "traded-lots": flow.traded_lots,
        "resting-orders": flow.resting_orders,
    }
    detail = "trades and resting orders are those of the generator's own model"
    return CheckResult(
        "flow-model-agrees",
        passed=got == wanted,
        detail=detail if got == wanted else f"the generator's model has {wanted}",
        counts=got,
    )
