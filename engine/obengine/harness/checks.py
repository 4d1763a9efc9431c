"""The checks of every measured run: equal passes, a correct event log, and an independent model or core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from obengine.api.messages import Commands, EventKind, Events
from obengine.api.protocol import Snapshot
from obengine.audit.invariants import audit_events, check_snapshot, nonzero_faults
from obengine.cores import NATIVE, REFERENCE, core_names, make_book
from obengine.flow.baseline import Flow
from obengine.harness.measure import PassResults, ServiceTimes
from obengine.harness.outcome import CheckResult
from obengine.harness.recorded_audit import audit_recorded

COMPARED_MESSAGES: Final = 200_000
"""The maximum number of messages that are compared with the other core."""


def pass_checks(passes: int, events: int, service: ServiceTimes) -> tuple[CheckResult, ...]:
    """The checks that `run_passes` and `time_messages` have passed if they did not raise."""
    every = "every message" if service.stride == 1 else f"one message in {service.stride}"
    return (
        CheckResult(
            "passes-agree",
            passed=True,
            detail="every pass gave the same events and the same final state",
            counts={"passes": passes + 1, "events": events},
        ),
        CheckResult(
            "single-messages-agree",
            passed=True,
            detail=f"the latency pass, with {every} applied and timed alone, gave the same events",
            counts={"timed": service.latency_ns.size, "stride": service.stride},
        ),
    )


def integrity_check(results: PassResults) -> CheckResult:
    """Check the event log: no orphan, no lost lot, correct queues, never crossed."""
    events, snapshot = results.events, results.snapshot
    return log_check(audit_recorded(events, snapshot) or audit_events(events, snapshot=snapshot), snapshot)


def log_check(audited: Mapping[str, int], snapshot: Snapshot) -> CheckResult:
    """The check of an event log by the counts of its audit.

    The counts are faults by kind (all 0 in a correct log), records of the final state that break a snapshot
    rule, and lots entered, traded, cancelled and resting.
    """
    state = check_snapshot(snapshot)
    counts = {**audited, "state_rules_broken": sum(state.values())}
    found = dict(nonzero_faults(counts)) | {rule: n for rule, n in state.items() if n}
    detail = "the events alone account for every order and lot, and for the final state"
    return CheckResult(
        "log-integrity",
        passed=not found,
        detail=f"faults: {found}" if found else detail,
        counts={name.replace("_", "-"): abs(count) for name, count in counts.items()},
    )


def flow_check(flow: Flow, results: PassResults) -> CheckResult:
    """Check that the core traded like the generator's independent model of the book."""
    trades = results.events[results.events["kind"] == EventKind.TRADED]
    got = {
        "trades": trades.size,
        "traded-lots": int(trades["qty_lots"].sum(dtype="int64")),
        "resting-orders": results.snapshot.orders.size,
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


def core_check(commands: Commands, events: Events, core: str) -> CheckResult | None:
    """Compare the events of the other core on the same messages; None if that core is unavailable."""
    other = REFERENCE if core == NATIVE else NATIVE
    if other not in core_names():
        return None
    other_events = make_book(other).apply(commands[:COMPARED_MESSAGES])
    common = min(other_events.size, events.size)
    differs = np.flatnonzero(other_events[:common] != events[:common])
    complete = other_events.size == events.size or (
        commands.size > COMPARED_MESSAGES and other_events.size < events.size
    )
    detail = f"{other} gave the events of {core}, compared one by one"
    if differs.size or not complete:
        at = int(differs[0]) if differs.size else common
        detail = f"{other} gave other events than {core}, from event {at} on"
    return CheckResult(
        "cores-agree",
        passed=complete and not differs.size,
        detail=detail,
        counts={
            "messages": min(commands.size, COMPARED_MESSAGES),
            "events": other_events.size,
            "differences": differs.size,
        },
    )
