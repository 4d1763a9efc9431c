"""The checks of a stress run: a correct log after every batch, and equal scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from obengine.api.messages import records_digest
from obengine.audit.invariants import EventAudit, check_snapshot, nonzero_faults
from obengine.harness.open_loop import OpenLoop
from obengine.harness.outcome import CheckResult


def log_integrity(name: str, loop: OpenLoop, batch: int) -> CheckResult:
    """Audit the log after every `batch` messages (orphans, lots, queues, crossed books), then the state.

    The counts are those of the audit, `batches` and `events`. The detail has the events digest, and for a log
    with faults the first faulty batch.
    """
    audit = EventAudit()
    ends = [*loop.event_ends[batch - 1 :: batch].tolist()]
    if loop.event_ends.size % batch:
        ends.append(int(loop.event_ends[-1]))
    start, first_bad = 0, None
    for number, end in enumerate(ends, start=1):
        audit.feed(loop.events[start:end])
        start = end
        unsound = any(audit.faults.values()) or audit.unaccounted_lots()
        if unsound and first_bad is None:
            first_bad = number
    counts: dict[str, int] = dict(audit.faults)
    counts["unaccounted_lots"] = audit.unaccounted_lots()
    counts["snapshot_differences"] = audit.snapshot_differences(loop.snapshot)
    state = check_snapshot(loop.snapshot)
    counts["state_rules_broken"] = sum(state.values())
    found = dict(nonzero_faults(counts)) | {rule: n for rule, n in state.items() if n}
    detail = "no orphan, no lot lost, queues kept and never crossed, after every batch and at the end"
    if found:
        place = "the final state" if first_bad is None else f"batch {first_bad} of {len(ends)}"
        detail = f"faults, first in {place}: {found}"
    counts |= {f"lots_{kind}": lots for kind, lots in audit.lots.items()}
    counts |= {"lots_resting": audit.resting_lots(), "batches": len(ends), "events": loop.events.size}
    return CheckResult(
        name,
        passed=not found,
        detail=f"{detail}; events {records_digest(loop.events)}",
        counts={cause.replace("_", "-"): abs(count) for cause, count in counts.items()},
    )


def same_prefix(loops: Sequence[OpenLoop]) -> CheckResult:
    """Check that the events of each scale are a prefix of those of the largest."""
    whole = loops[-1].events
    differing = sum(not np.array_equal(loop.events, whole[: loop.events.size]) for loop in loops)
    return CheckResult(
        "scales-agree",
        passed=not differing,
        detail="the events of each scale are the first events of the largest",
        counts={"scales": len(loops), "differing": differing},
    )
