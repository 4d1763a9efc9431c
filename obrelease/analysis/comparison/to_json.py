"""A comparison as plain JSON values: the stable contract of `diff --json` and `gate --json`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.summary.run import Run


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Everything that decides a verdict, with the rules and the seed."""
    rules = comparison.rules
    return {
        "base": _side(comparison.base),
        "head": _side(comparison.head),
        "unlike": [
            {"fact": each.fact, "base": list(each.base), "head": list(each.head)}
            for each in comparison.unlike
        ],
        "metrics": [_metric(metric) for metric in comparison.metrics],
        "group_means": [_finite(asdict(each)) for each in comparison.group_means],
        "shift": [_finite(asdict(point)) for point in comparison.shifts],
        "observations": comparison.observations,
        "coverage": comparison.coverage.to_json(),
        "notes": list(comparison.notes),
        "rules": asdict(rules) | {"same_host": list(rules.same_host)},
    }


def releases_json(
    comparisons: Sequence[tuple[str, Comparison]], not_compared: Sequence[str]
) -> dict[str, Any]:
    """Two releases: a comparison for each scenario, and a line for each that does not compare."""
    documents = [{"name": name, **comparison_json(comparison)} for name, comparison in comparisons]
    return {"comparisons": documents, "not_compared": list(not_compared)}


def _side(runs: Sequence[Run]) -> dict[str, Any]:
    commits = sorted({run.commit for run in runs if run.commit})
    return {"runs": [run.digest for run in runs], "commits": commits}


def _metric(metric: MetricComparison) -> dict[str, Any]:
    """One row; a ratio without a meaning, or beyond double range, is null."""
    return _finite(
        {
            "id": metric.id,
            "name": metric.name,
            "figure": metric.figure,
            "unit": metric.unit,
            "better": metric.direction,
            "primary": metric.primary,
            "group": metric.group,
            "base": metric.base,
            "head": metric.head,
            "base_runs": metric.base_runs,
            "head_runs": metric.head_runs,
            "ratio": metric.ratio,
            "low": metric.low,
            "high": metric.high,
            "p_value": metric.p_value,
            "p_method": metric.p_method,
            "p_adjusted": metric.p_adjusted,
            "detectable_percent": metric.detectable_percent,
            "control_ratio": metric.control_ratio,
            "threshold_percent": metric.threshold_percent,
            "verdict": str(metric.decision.verdict),
            "reason": metric.decision.reason,
            "not_worse": metric.decision.not_worse,
        }
    )


def _finite(document: dict[str, Any]) -> dict[str, Any]:
    """The same with null for numbers that JSON does not have."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in document.items()
    }
