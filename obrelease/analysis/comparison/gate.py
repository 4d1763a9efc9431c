"""The gate: a policy put to two sets of runs. Pass, regression, or inconclusive, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from obrelease.analysis.comparison.compare import Compared, Comparison, compare, metrics_in_common, some_names
from obrelease.analysis.comparison.gate_policy import Policy
from obrelease.analysis.comparison.match_releases import Matched, Pair
from obrelease.analysis.comparison.run_metrics import Run
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.errors import Inconclusive, InvalidInput, UsageError


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


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """The answer on a whole release.

    Attributes:
        reasons: a line for each metric, or scenario of the base, that speaks against a pass.
        comparisons: of each scenario that compares, by its name.
        remarks: what does not compare and does not count.
    """

    answer: Answer
    reasons: tuple[str, ...]
    comparisons: tuple[tuple[str, Comparison], ...] = ()
    remarks: tuple[str, ...] = ()


def ask_gate(
    policy: Policy,
    base: Sequence[Run],
    head: Sequence[Run],
    *,
    force: bool = False,
    same_host: bool = False,
) -> GateResult:
    """Put a policy to the runs of `base` and `head`.

    One guarded metric that is worse makes it a regression. A required one whose slowdown is not
    ruled out makes it inconclusive: a noisy machine must not look like a pass.

    Raises:
        UsageError, Inconclusive: as `compare`.
        InvalidInput: a name in the policy fits no metric of the runs: that guard would never fire.
    """
    patterns = [guarded.name for guarded in policy.metric]
    comparison = compare(base, head, policy.rules(), force=force, same_host=same_host, only=patterns)
    fitting = [metric.name for metric in comparison.metrics]
    _require_fitting(policy, fitting, metrics_in_common(comparison.base, comparison.head))
    return GateResult(*_answer(policy, comparison), comparison)


def ask_release(
    policy: Policy, matched: Matched, *, force: bool = False, same_host: bool = False
) -> ReleaseResult:
    """Put a policy to each scenario of two releases; the worst answer counts.

    The policy's level is of the whole question, so each of n scenarios is tested at its nth part.
    A scenario of the base that cannot be compared makes it inconclusive.

    Raises:
        InvalidInput: a name in the policy fits no metric of any scenario that compares.
    """
    names = {pair.name: pair.metrics() for pair in matched.pairs}
    guarded = [pair for pair in matched.pairs if _guards(policy, names[pair.name])]
    remarks = [f"{p.name}: has no metric that the policy guards" for p in matched.pairs if p not in guarded]
    if matched.pairs:
        all_names = [name for each in names.values() for name in each]
        _require_fitting(policy, all_names, all_names)
    strict = policy.model_copy(update={"alpha": policy.alpha / max(1, len(guarded))})
    worse: list[str] = []
    open_ones = list(matched.left)
    comparisons: list[tuple[str, Comparison]] = []
    for pair in guarded:
        compared = _compared(strict, pair, force=force, same_host=same_host)
        if isinstance(compared, str):
            open_ones.append(f"{pair.name}: {compared}")
            continue
        comparisons.append((pair.name, compared))
        answer, reasons = _answer(strict, compared)
        (worse if answer is Answer.REGRESSION else open_ones).extend(f"{pair.name}: {r}" for r in reasons)
    if not comparisons and not open_ones:
        open_ones.append("nothing on one side compares with anything on the other")
    answer = Answer.REGRESSION if worse else Answer.INCONCLUSIVE if open_ones else Answer.OK
    said = (*remarks, *matched.new, *(open_ones if worse else ()))
    return ReleaseResult(answer, tuple(worse or open_ones), tuple(comparisons), said)


def _compared(policy: Policy, pair: Pair, *, force: bool, same_host: bool) -> Comparison | str:
    patterns = [guarded.name for guarded in policy.metric]
    try:
        return compare(pair.base, pair.head, policy.rules(), force=force, same_host=same_host, only=patterns)
    except (Inconclusive, UsageError) as error:
        return error.message


def _answer(policy: Policy, comparison: Comparison) -> tuple[Answer, tuple[str, ...]]:
    worse = [m for m in comparison.metrics if m.decision.verdict is Verdict.WORSE]
    if worse:
        return Answer.REGRESSION, tuple(map(_worse, worse))
    open_ones = [m for m in comparison.metrics if _required(policy, m.name) and not m.decision.not_worse]
    return (Answer.INCONCLUSIVE if open_ones else Answer.OK), tuple(map(_open, open_ones))


def _guards(policy: Policy, metrics: Iterable[str]) -> bool:
    return any(fnmatchcase(name, guarded.name) for name in metrics for guarded in policy.metric)


def _require_fitting(policy: Policy, metrics: Sequence[str], known: Sequence[str]) -> None:
    for pattern in (guarded.name for guarded in policy.metric):
        if not any(fnmatchcase(name, pattern) for name in metrics):
            raise InvalidInput(
                f"the policy guards {pattern!r}, which fits no metric of the runs; they have: "
                f"{some_names(known)}"
            )


def _required(policy: Policy, name: str) -> bool:
    return any(guarded.required for guarded in policy.metric if fnmatchcase(name, guarded.name))


def _worse(metric: Compared) -> str:
    return f"{metric.name}: worse, ratio {metric.ratio:.3f}, threshold {metric.threshold_percent:g} %"


def _open(metric: Compared) -> str:
    smallest = metric.detectable_percent
    seen = "" if smallest is None else f"; these runs can show {smallest:.1f} % or more"
    return f"{metric.name}: {metric.decision.verdict}: {metric.decision.reason}{seen}"
