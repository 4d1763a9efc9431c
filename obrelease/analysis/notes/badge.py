"""A comparison, or all histories, as a badge.

Format: shields.io, "Endpoint Badge", schema version 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from obrelease.analysis.comparison.compare import Comparison
from obrelease.analysis.history.metric_history import MetricHistory
from obrelease.analysis.notes.comparison_report import verdict_counts
from obrelease.analysis.notes.markdown import visible

_COLOURS: Final = (
    ("worse", "red"),
    ("gone", "orange"),
    ("inconclusive", "lightgrey"),
    ("changed", "blue"),
    ("better", "brightgreen"),
    ("same", "green"),
)
"""The first that occurs decides."""

_MAX_LABEL: Final = 60


def comparison_badge(comparisons: Sequence[tuple[str, Comparison]], label: str = "") -> dict[str, str | int]:
    """The document of the badge: what changed, or that nothing did.

    Args:
        label: the left half; `benchmarks` if empty.
    """
    counts = verdict_counts(comparisons)
    changed = {what: count for what, count in counts.items() if what not in {"same", "inconclusive"}}
    shown = changed or counts
    message = ", ".join(f"{count} {what}" for what, count in shown.items()) or "nothing compared"
    colour = next((colour for what, colour in _COLOURS if what in shown), "lightgrey")
    return {
        "schemaVersion": 1,
        "label": visible(label)[:_MAX_LABEL] or "benchmarks",
        "message": message,
        "color": colour,
    }


def history_badge(histories: Sequence[MetricHistory], alarms: Sequence[object]) -> dict[str, str | int]:
    """The document of the badge of all histories: steps to worse values that are open, or none.

    Args:
        alarms: those that are neither accepted nor taken back.
    """
    searched = sum(any(part.changes is not None for part in history.stretches) for history in histories)
    if alarms:
        message, colour = f"{len(alarms)} worse", "red"
    elif searched:
        message, colour = f"{searched} without an open regression", "brightgreen"
    else:
        message, colour = "too few runs", "lightgrey"
    return {"schemaVersion": 1, "label": "benchmarks", "message": message, "color": colour}
