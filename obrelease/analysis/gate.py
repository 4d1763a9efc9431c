"""The gate: a policy put to two sets of runs. Pass, regression, or inconclusive, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from obrelease.analysis.compare import Compared, Comparison, compare
from obrelease.analysis.compare_runs import Run
from obrelease.analysis.policy import Policy
from obrelease.analysis.verdict import Verdict
from obrelease.errors import InvalidInput


class Answer(StrEnum):
    """What the gate says."""

    OK = "ok"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The answer, the comparison it rests on, and a line for each metric that speaks against a pass."""

    answer: Answer
    reasons: tuple[str, ...]
    comparison: Comparison


def ask_gate(policy: Policy, base: Sequence[Run], head: Sequence[Run], *, force: bool = False) -> GateResult:
    """Put a policy to the runs of `base` and `head`.

    One guarded metric that is worse makes it a regression. A required one whose slowdown is not
    ruled out makes it inconclusive: a noisy machine must not look like a pass.

    Raises:
        UsageError, Inconclusive: as `compare`.
        InvalidInput: a name in the policy fits no metric of the runs: that guard would never fire.
    """
    patterns = [guarded.name for guarded in policy.metric]
    comparison = compare(base, head, policy.rules(), force=force, only=patterns)
    for pattern in patterns:
        if not any(fnmatchcase(metric.name, pattern) for metric in comparison.metrics):
            known = ", ".join(metric.name for metric in comparison.metrics)
            raise InvalidInput(f"the policy guards {pattern!r}, which fits no metric of the runs: {known}")
    worse = [m for m in comparison.metrics if m.decision.verdict is Verdict.WORSE]
    if worse:
        return GateResult(Answer.REGRESSION, tuple(map(_worse, worse)), comparison)
    open_ones = [m for m in comparison.metrics if _required(policy, m.name) and not m.decision.not_worse]
    if open_ones:
        return GateResult(Answer.INCONCLUSIVE, tuple(map(_open, open_ones)), comparison)
    return GateResult(Answer.OK, (), comparison)


def _required(policy: Policy, name: str) -> bool:
    return any(guarded.required for guarded in policy.metric if fnmatchcase(name, guarded.name))


def _worse(metric: Compared) -> str:
    return f"{metric.name}: worse, ratio {metric.ratio:.3f}, threshold {metric.threshold_percent:g} %"


def _open(metric: Compared) -> str:
    smallest = metric.detectable_percent
    seen = "" if smallest is None else f"; these runs can show {smallest:.1f} % or more"
    return f"{metric.name}: {metric.decision.verdict}: {metric.decision.reason}{seen}"
