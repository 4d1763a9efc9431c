"""Audits of whole event logs and of snapshots, as counts of faults."""

from __future__ import annotations

from collections.abc import Mapping

from obengine.api.messages import Events
from obengine.api.protocol import Snapshot
from obengine.api.snapshot_checks import count_broken_rules
from obengine.audit.events import EVENT_FAULTS, EventAudit

__all__ = ["EVENT_FAULTS", "EventAudit", "audit_events", "check_snapshot", "event_counts", "nonzero_faults"]


def audit_events(*batches: Events, snapshot: Snapshot | None = None) -> Mapping[str, int]:
    """Audit a whole event log.

    Args:
        batches: the events of one engine from its first event on; no batch ends within a command's events.
        snapshot: the state after the last batch, to be compared order by order; None skips that.

    Returns:
        Fault counts by kind, `unaccounted_lots` and `snapshot_differences`: all 0 for a correct log.
        Counts of lots have the prefix `lots_` and are not faults.
    """
    audit = EventAudit()
    for batch in batches:
        audit.feed(batch)
    return event_counts(audit, snapshot)


def event_counts(audit: EventAudit, snapshot: Snapshot | None) -> Mapping[str, int]:
    """The counts of an audit after its last batch, as `audit_events` gives them."""
    counts: dict[str, int] = dict(audit.faults)
    counts["unaccounted_lots"] = audit.unaccounted_lots()
    if snapshot is not None:
        counts["snapshot_differences"] = audit.snapshot_differences(snapshot)
    counts |= {f"lots_{name}": lots for name, lots in audit.lots.items()}
    counts["lots_resting"] = audit.resting_lots()
    return counts


def nonzero_faults(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counts of an audit or a check that are faults and not 0."""
    return {cause: n for cause, n in counts.items() if n and not cause.startswith("lots_")}


def check_snapshot(snapshot: Snapshot) -> Mapping[str, int]:
    """Count the records of a snapshot that break each rule of the specification."""
    return count_broken_rules(snapshot)
