"""What every measured run proves: passes that agree, a sound log, trades as an independent model has them."""

from __future__ import annotations

from obengine.flow import Flow
from obengine.harness.measure import Passes, ServiceTimes
from obengine.harness.outcome import CheckResult
from obengine.invariants import audit_events, check_snapshot, faults
from obengine.messages import EventKind


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


def integrity_check(ran: Passes) -> CheckResult:
    """Whether the event log is sound: no orphan, no lot lost, queues kept, never crossed.

    Counts of faults by cause (all 0 in a sound log; those of the final state start with `state-`),
    and the lots that entered, traded, left and rest.
    """
    state = check_snapshot(ran.snapshot)
    counts = {
        **audit_events(ran.events, snapshot=ran.snapshot),
        **{f"state_{k}": n for k, n in state.items()},
    }
    found = faults(counts)
    detail = "the events alone account for every order and lot, and for the final state"
    return CheckResult(
        "log-integrity",
        passed=not found,
        detail=f"faults: {dict(found)}" if found else detail,
        counts={name.replace("_", "-"): abs(count) for name, count in counts.items()},
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
