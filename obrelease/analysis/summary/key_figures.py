"""The figures of a run that fit on one line: those by which people tell runs of a kind apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from obrelease.analysis.summary.run_summary import RunSummary

RATE: Final = "throughput"
_RATE_UNIT: Final = "msg/s"

FIGURE_COLUMNS: Final = (
    "throughput_median_msg_s", "passes", "latency_clock", "latency_p50_ns", "latency_p99_ns",
    "latency_p999_ns", "headline", "headline_unit", "headline_median", "unstable",
)  # fmt: skip
"""The columns that `figure_cells` fills, in their order."""


def headline(summary: RunSummary) -> tuple[str, str, int | float] | None:
    """Name, unit and median of the first thing that a reader looks at, or None where there is none.

    The throughput where the run has one, or else what was measured in its place: the first series of an
    imported file, the memory of a profile.
    """
    if summary.throughput_msg_s is not None:
        return RATE, _RATE_UNIT, summary.throughput_msg_s
    first = next(iter(summary.measures), None)
    return None if first is None else (first.name, first.unit, first.median)


def figures_of(summary: RunSummary) -> dict[str, Any]:
    """The figures of a run for `--json`, the unit in every name."""
    return {
        "throughput_median_msg_s": summary.throughput_msg_s,
        "passes": summary.passes,
        "latency_clock": summary.latency_clock,
        "latency_p50_ns": summary.p50_ns,
        "latency_p99_ns": summary.p99_ns,
        "latency_p999_ns": summary.p999_ns,
        "measures": [{"name": m.name, "unit": m.unit, "median": m.median} for m in summary.measures],
        "unstable": list(summary.unstable),
        "checks_passed": list(summary.checks_passed),
        "checks_failed": list(summary.checks_failed),
    }


def figure_cells(summary: RunSummary | None) -> Mapping[str, Any]:
    """The same as flat cells for a table, columns `FIGURE_COLUMNS`; all None where nothing can be read."""
    if summary is None:
        return dict.fromkeys(FIGURE_COLUMNS)
    found = figures_of(summary)
    name, unit, median = headline(summary) or (None, None, None)
    cells = {"headline": name, "headline_unit": unit, "headline_median": median}
    return {column: (found | cells)[column] for column in FIGURE_COLUMNS} | {
        "unstable": bool(summary.unstable)
    }
