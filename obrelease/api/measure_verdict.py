"""The verdict on two sides that were measured, and its confirmation by a second measurement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from obrelease.analysis.comparison.gate import GateVerdict, evaluate_gate, evaluate_release
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.summary.run import Run
from obrelease.api.compare_runs import ComparisonReport

DEFAULT_THRESHOLD_PERCENT = 5.0
"""The smallest slowdown that matters, unless a policy or an option gives another."""


@dataclass(frozen=True, slots=True)
class MeasuredComparison:
    """The comparison of two sides that were measured.

    Attributes:
        verdict: `ok`, `regression` or `inconclusive`.
        reasons: a line for each metric that prevents `ok`.
        compared: the comparisons behind it, one per workload.
        confirmation: the comparison of the second measurement, if there was one.
    """

    verdict: GateVerdict
    reasons: tuple[str, ...]
    compared: ComparisonReport
    confirmation: ComparisonReport | None = None

    def to_json(self) -> dict[str, Any]:
        """The part of `obrelease measure --json` about the comparison."""
        second = self.confirmation
        return {
            "verdict": str(self.verdict),
            "reasons": list(self.reasons),
            "comparison": self.compared.to_json(),
            "confirmation": None if second is None else second.to_json(),
        }


def default_policy(threshold_percent: float) -> GatePolicy:
    """Every metric that says how good the workload is, with one threshold."""
    return GatePolicy(
        format="obrelease.gate-policy",
        version=1,
        metric=(GuardedMetric(name="*"),),
        threshold_percent=threshold_percent,
    )


def compare_sides(policy: GatePolicy, base: Sequence[Run], head: Sequence[Run]) -> MeasuredComparison:
    """Evaluate a policy on runs that were measured on this machine; several workloads one by one.

    Raises:
        Inconclusive, InvalidInput: as `evaluate_gate`.
    """
    if len(Counter(run.name for run in (*base, *head))) == 1:
        result = evaluate_gate(policy, base, head, same_host=True)
        compared = ComparisonReport.of_runs(result.comparison)
        return MeasuredComparison(result.verdict, result.reasons, compared)
    found = evaluate_release(policy, match_releases(base, head, same_host=True), same_host=True)
    compared = ComparisonReport(found.comparisons, found.remarks, between_releases=True)
    return MeasuredComparison(found.verdict, found.reasons, compared)


def confirm(first: MeasuredComparison, second: MeasuredComparison) -> MeasuredComparison:
    """The verdict on a regression that was measured again with fresh runs.

    It is a regression if the second measurement finds one of the same metrics worse, and ok if the second
    is ok. Everything else is inconclusive.
    """
    both = _worse(first.compared) & _worse(second.compared)
    if second.verdict is GateVerdict.REGRESSION and both:
        return replace(second, compared=first.compared, confirmation=second.compared)
    metrics = ", ".join(sorted(_worse(first.compared))[:5])
    if second.verdict is GateVerdict.OK:
        return replace(second, compared=first.compared, confirmation=second.compared)
    reasons = (f"the regression of {metrics} was not confirmed by a second measurement", *second.reasons)
    return MeasuredComparison(GateVerdict.INCONCLUSIVE, reasons, first.compared, second.compared)


def _worse(report: ComparisonReport) -> set[str]:
    return {
        f"{name}: {metric.name}" if name else metric.name
        for name, comparison in report.comparisons
        for metric in comparison.metrics
        if metric.decision.verdict is Verdict.WORSE
    }
