"""The regression gate: evaluates a policy on two sets of runs, or on two releases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from obrelease.analysis.comparison.compare import (
    Comparison,
    MetricComparison,
    compare,
    metrics_in_common,
    some_names,
)
from obrelease.analysis.comparison.gate_policy import GatePolicy
from obrelease.analysis.comparison.match_releases import MatchedReleases, Pair
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive, InvalidInput, UsageError


class GateVerdict(StrEnum):
    """The verdict of the gate."""

    OK = "ok"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict, a line for each metric that prevents a pass, and the comparison behind them."""

    verdict: GateVerdict
    reasons: tuple[str, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ReleaseGateResult:
    """The verdict on a whole release.

    Attributes:
        reasons: a line for each metric, or scenario of the base, that prevents a pass.
        comparisons: of each scenario that compares, with its name.
        remarks: what does not compare and does not decide.
    """

    verdict: GateVerdict
    reasons: tuple[str, ...]
    comparisons: tuple[tuple[str, Comparison], ...] = ()
    remarks: tuple[str, ...] = ()


def evaluate_gate(
    policy: GatePolicy,
    base: Sequence[Run],
    head: Sequence[Run],
    *,
    force: bool = False,
    same_host: bool = False,
) -> GateResult:
    """Evaluate a policy on the runs of `base` and `head`.

    One guarded metric that is worse is a regression. A required one whose slowdown cannot be ruled
    out is inconclusive: a noisy machine must not look like a pass.

    Raises:
        UsageError, Inconclusive: as `compare`.
        InvalidInput: a name in the policy matches no metric of the runs: that guard would never fire.
    """
    patterns = [guarded.name for guarded in policy.metric]
    comparison = compare(base, head, policy.rules(), force=force, same_host=same_host, only=patterns)
    found = [metric.name for metric in comparison.metrics]
    _require_matches(policy, found, metrics_in_common(comparison.base, comparison.head))
    return GateResult(*_verdict(policy, comparison), comparison)


def evaluate_release(
    policy: GatePolicy, matched: MatchedReleases, *, force: bool = False, same_host: bool = False
) -> ReleaseGateResult:
    """Evaluate a policy on each scenario of two releases; the worst verdict counts.

    The policy's level is for all scenarios together, so each of n scenarios is tested at an nth of it.
    A scenario of the base that cannot be compared is inconclusive.

    Raises:
        InvalidInput: a name in the policy matches no metric of any scenario that compares.
    """
    names = {pair.name: pair.metrics() for pair in matched.pairs}
    guarded = [pair for pair in matched.pairs if _guards(policy, names[pair.name])]
    remarks = [f"{p.name}: no metric that the policy guards" for p in matched.pairs if p not in guarded]
    if matched.pairs:
        all_names = [name for each in names.values() for name in each]
        _require_matches(policy, all_names, all_names)
    strict = policy.model_copy(update={"alpha": policy.alpha / max(1, len(guarded))})
    worse: list[str] = []
    undecided = list(map(str, matched.missing))
    comparisons: list[tuple[str, Comparison]] = []
    for pair in guarded:
        compared = _compare_pair(strict, pair, force=force, same_host=same_host)
        if isinstance(compared, str):
            undecided.append(f"{pair.name}: {compared}")
            continue
        comparisons.append((pair.name, compared))
        verdict, reasons = _verdict(strict, compared)
        lines = worse if verdict is GateVerdict.REGRESSION else undecided
        lines += [f"{pair.name}: {reason}" for reason in reasons]
    if not comparisons and not undecided:
        undecided.append("no scenario of the base compares with one of the head")
    verdict = GateVerdict.REGRESSION if worse else GateVerdict.INCONCLUSIVE if undecided else GateVerdict.OK
    rest = (*remarks, *map(str, matched.new), *(undecided if worse else ()))
    return ReleaseGateResult(verdict, tuple(worse or undecided), tuple(comparisons), rest)


def _compare_pair(policy: GatePolicy, pair: Pair, *, force: bool, same_host: bool) -> Comparison | str:
    patterns = [guarded.name for guarded in policy.metric]
    try:
        return compare(pair.base, pair.head, policy.rules(), force=force, same_host=same_host, only=patterns)
    except (Inconclusive, UsageError) as error:
        return error.message


def _verdict(policy: GatePolicy, comparison: Comparison) -> tuple[GateVerdict, tuple[str, ...]]:
    worse = [m for m in comparison.metrics if m.decision.verdict is Verdict.WORSE]
    if worse:
        return GateVerdict.REGRESSION, tuple(map(_worse, worse))
    undecided = [m for m in comparison.metrics if _required(policy, m.name) and not m.decision.not_worse]
    return (GateVerdict.INCONCLUSIVE if undecided else GateVerdict.OK), tuple(map(_undecided, undecided))


def _guards(policy: GatePolicy, metrics: Iterable[str]) -> bool:
    return any(fnmatchcase(name, guarded.name) for name in metrics for guarded in policy.metric)


def _require_matches(policy: GatePolicy, metrics: Sequence[str], known: Sequence[str]) -> None:
    for pattern in (guarded.name for guarded in policy.metric):
        if not any(fnmatchcase(name, pattern) for name in metrics):
            raise InvalidInput(
                f"the policy guards {pattern!r}, which matches no metric of the runs; they have: "
                f"{some_names(known)}"
            )


def _required(policy: GatePolicy, name: str) -> bool:
    return any(guarded.required for guarded in policy.metric if fnmatchcase(name, guarded.name))


def _worse(metric: MetricComparison) -> str:
    return f"{metric.name}: worse, ratio {metric.ratio:.3f}, threshold {metric.threshold_percent:g} %"


def _undecided(metric: MetricComparison) -> str:
    smallest = metric.detectable_percent
    effect = "" if smallest is None else f"; the minimum detectable effect is {smallest:.1f} %"
    return f"{metric.name}: {metric.decision.verdict.label}: {metric.decision.reason}{effect}"
