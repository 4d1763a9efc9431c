"""What must hold of every book, whichever core keeps it: an audit of events and of snapshots.

The audit trusts no core: it rebuilds the queues from the events alone and counts each statement
that a right book could not have made. All counts are plain integers; a sound log counts 0 of each.
"""

from __future__ import annotations

from collections.abc import Mapping

from obengine.api.messages import Events
from obengine.api.protocol import Snapshot
from obengine.api.snapshot_checks import count_broken_rules
from obengine.audit.events import EVENT_FAULTS, EventAudit

__all__ = ["EVENT_FAULTS", "EventAudit", "audit_events", "check_snapshot", "nonzero_faults"]


def audit_events(*batches: Events, snapshot: Snapshot | None = None) -> Mapping[str, int]:
    """Audit a whole log: every count of `EVENT_FAULTS`, the lots, and what does not add up.

    Args:
        batches: the events of one engine from its first on; each batch ends where a command ends.
        snapshot: the engine's state after the last batch, compared order by order where given.

    Returns:
        Fault counts by cause, `unaccounted_lots` and `snapshot_differences`: all 0 in a sound log.
        Counts of lots are prefixed with `lots_` and are not faults.
    """
    audit = EventAudit()
    for batch in batches:
        audit.feed(batch)
    counts: dict[str, int] = dict(audit.faults)
    counts["unaccounted_lots"] = audit.unaccounted_lots()
    if snapshot is not None:
        counts["snapshot_differences"] = audit.snapshot_differences(snapshot)
    counts |= {f"lots_{name}": lots for name, lots in audit.lots.items()}
    counts["lots_resting"] = audit.resting_lots()
    return counts


def nonzero_faults(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counts of an audit or a check that are faults and are not 0."""
    return {cause: n for cause, n in counts.items() if n and not cause.startswith("lots_")}


def check_snapshot(snapshot: Snapshot) -> Mapping[str, int]:
    """Count the records of a snapshot that break a rule of the specification, by rule."""
    return count_broken_rules(snapshot)
