"""A history as `obrelease history --json` prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from obrelease.analysis.history.bridges import Bridge
from obrelease.analysis.history.metric_history import CommitPoint, HistoryStep, MetricHistory


def history_json(history: MetricHistory, reasons: Sequence[str | None]) -> dict[str, Any]:
    """One history.

    Args:
        reasons: of each step, why it is accepted; None if it is not.
    """
    series = history.series
    undecided = history.undecided
    return {
        "kind": series.kind,
        "scenario": series.scenario,
        "core": series.core or None,
        "metric": series.name,
        "metric_id": series.metric_id,
        "parameters": series.parameters or None,
        "unit": series.unit,
        "direction": series.direction,
        "machine": series.machine,
        "points": [_point(point) for point in history.points],
        "breaks": [
            {
                "index": stretch.begin,
                "toolchain": stretch.toolchain,
                "anchor": history.anchor(stretch.begin),
            }
            for stretch in history.stretches[1:]
        ],
        "bridges": [_bridge(bridge) for bridge in history.bridges],
        "runs_measured_again": history.measured_again,
        "steps": [_step(history, step, reason) for step, reason in zip(history.steps, reasons, strict=True)],
        "drifts": [
            {"first_index": first, "last_index": last, "ratio": ratio}
            for first, last, ratio in history.drifts()
        ],
        "possible": None
        if undecided is None
        else {
            "index": undecided[0],
            "ratio": undecided[1].ratio,
            "standard_errors": undecided[1].standard_errors,
            "more_runs": undecided[1].more_points,
        },
    }


def _point(point: CommitPoint) -> dict[str, Any]:
    return {
        "commit": point.commit,
        "created_ns": str(point.created_ns),
        "value": point.value,
        "low": point.low,
        "high": point.high,
        "runs": [run.digest for run in point.runs],
    }


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {
        "index": bridge.index,
        "toolchain": bridge.toolchain,
        "ratio": bridge.ratio,
        "ratio_low": bridge.ratio_low,
        "ratio_high": bridge.ratio_high,
        "anchors": [
            {"commit": commit, "runs_before": before, "runs_after": after}
            for commit, before, after in bridge.anchors
        ],
    }


def _step(history: MetricHistory, each: HistoryStep, reason: str | None) -> dict[str, Any]:
    step = each.step
    commits = [history.points[at].commit for at in (each.low, each.index, each.high)]
    return {
        "index": each.index,
        "first_index": each.low,
        "last_index": each.high,
        "commit": commits[1],
        "first_commit": commits[0],
        "last_commit": commits[2],
        "verdict": each.verdict,
        "before": step.before,
        "after": step.after,
        "ratio": step.ratio,
        "ratio_low": step.ratio_low,
        "ratio_high": step.ratio_high,
        "standard_errors": step.standard_errors,
        "fresh": step.fresh,
        "known": reason,
    }
