"""A comparison as a badge.

Format: shields.io, "Endpoint Badge", schema version 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from obrelease.analysis.comparison.compare import Comparison
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
