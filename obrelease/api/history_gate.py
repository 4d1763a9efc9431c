"""Check the history of metrics against a gate policy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.comparison.gate import GateVerdict
from obrelease.analysis.comparison.gate_policy import read_gate_policy
from obrelease.analysis.history.gate import evaluate_history
from obrelease.api.arguments import checked_path
from obrelease.api.project import ProjectLike
from obrelease.api.read_history import HistoryReport, history
from obrelease.api.registry import RegistryLike
from obrelease.storage.reporter import SILENT, Reporter


@dataclass(frozen=True, slots=True)
class HistoryGateReport:
    """The result of the gate over histories.

    Attributes:
        verdict: `ok`, `regression` or `inconclusive`.
        reasons: a line for each history that prevents `ok`.
        remarks: what does not decide.
        report: the histories that the policy guards.
    """

    verdict: GateVerdict
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    report: HistoryReport

    @property
    def passed(self) -> bool:
        """Whether the verdict is `ok`."""
        return self.verdict is GateVerdict.OK

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease gate --history --json` prints."""
        gate = {"answer": str(self.verdict), "reasons": list(self.reasons), "remarks": list(self.remarks)}
        return {"gate": gate, **self.report.to_json()}


def gate_history(
    policy: str | os.PathLike[str],
    *filters: str,
    registry: RegistryLike = "results",
    repository: ProjectLike | None = ".",
    reporter: Reporter = SILENT,
) -> HistoryGateReport:
    """Check every guarded metric for steps to worse values that are neither accepted nor taken back.

    A regression is a verdict, not an exception: look at `HistoryGateReport.verdict` or `passed`.

    Args:
        policy: the policy file (TOML); its metrics and thresholds count.
        filters, registry, repository: as for `history`.

    Raises:
        InvalidInput: the policy is malformed, or guards a metric that no run has.
        UsageError, NotFound, StorageError, RemoteError: as `history`.

    Example:
        >>> gate_history("policy.toml", "label.branch=main").passed
    """
    rules = read_gate_policy(checked_path("policy", policy))
    found = history(
        "*", *filters, registry=registry, repository=repository, every_metric=True, reporter=reporter
    )
    result = evaluate_history(rules, found.histories, list(found.alarms()))
    guarded = HistoryReport(result.guarded, found.known)
    return HistoryGateReport(result.verdict, result.reasons, result.remarks, guarded)
