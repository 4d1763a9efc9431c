"""The regression gate: evaluates a policy on two sets of runs, or on two releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from obrelease.analysis.comparison.compare import (
    Comparison,
    MetricComparison,
    PreparedSides,
    chosen_rows,
    compare_prepared,
    nothing_in_common,
    prepare_sides,
)
from obrelease.analysis.comparison.compare_pairs import prepare_pairs
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.match_releases import MatchedReleases
from obrelease.analysis.comparison.metric_names import some_names
from obrelease.analysis.comparison.row_selection import RowPattern, deciding_rows
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.analysis.summary.run import Run
from obrelease.errors import InvalidInput


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
    out, or that a run of the head does not have, is inconclusive: neither a noisy machine nor a
    benchmark that is gone must look like a pass.

    Raises:
        UsageError, Inconclusive: as `compare`.
        InvalidInput: a name in the policy matches no metric of the runs: that guard would never fire.
    """
    rules = policy.rules()
    sides = prepare_sides(base, head, rules, force=force, same_host=same_host)
    patterns = _patterns(policy)
    if not chosen_rows(sides.rows, patterns):
        raise nothing_in_common(sides)
    _require_matches(policy, [sides])
    (comparison,) = compare_prepared([sides], rules, only=patterns, list_secondary=False)
    worse = _worse(comparison)
    missing = _missing(policy, sides)
    if worse:
        return GateResult(GateVerdict.REGRESSION, (*worse, *missing), comparison)
    undecided = (*missing, *_undecided(policy, sides, comparison))
    return GateResult(GateVerdict.INCONCLUSIVE if undecided else GateVerdict.OK, undecided, comparison)


def evaluate_release(
    policy: GatePolicy, matched: MatchedReleases, *, force: bool = False, same_host: bool = False
) -> ReleaseGateResult:
    """Evaluate a policy on each scenario of two releases; the worst verdict counts.

    All scenarios are tested together at the policy's level. A scenario of the base that cannot be
    compared is inconclusive.

    Raises:
        InvalidInput: a name in the policy matches no metric of any scenario that compares.
    """
    rules, patterns = policy.rules(), _patterns(policy)
    prepared = prepare_pairs(matched.pairs, rules, force=force, same_host=same_host)
    names = [pair.name for pair in matched.pairs]
    sides = [each for each in prepared if isinstance(each, PreparedSides)]
    if sides:
        _require_matches(policy, sides)
    usable = [
        (name, each)
        for name, each in zip(names, prepared, strict=True)
        if isinstance(each, PreparedSides) and chosen_rows(each.rows, patterns)
    ]
    compared = compare_prepared([each for _, each in usable], rules, only=patterns, list_secondary=False)
    worse: list[str] = []
    undecided = list(map(str, matched.missing))
    remarks: list[str] = []
    known = {name for name, _ in usable}
    for name, each in zip(names, prepared, strict=True):
        if not isinstance(each, PreparedSides):
            undecided.append(f"{name}: {each.message}")
            continue
        missing = _missing(policy, each)
        undecided += [f"{name}: {line}" for line in missing]
        if name not in known and not missing:
            remarks.append(f"{name}: no metric that the policy guards")
    for (name, each), comparison in zip(usable, compared, strict=True):
        worse += [f"{name}: {line}" for line in _worse(comparison)]
        undecided += [f"{name}: {line}" for line in _undecided(policy, each, comparison)]
    comparisons = tuple((name, each) for (name, _), each in zip(usable, compared, strict=True))
    if not comparisons and not undecided:
        undecided.append("no scenario of the base compares with one of the head")
    verdict = GateVerdict.REGRESSION if worse else GateVerdict.INCONCLUSIVE if undecided else GateVerdict.OK
    rest = (*remarks, *map(str, matched.new), *(undecided if worse else ()))
    return ReleaseGateResult(verdict, tuple(worse or undecided), comparisons, rest)


def _patterns(policy: GatePolicy) -> list[RowPattern]:
    return [_pattern(guarded) for guarded in policy.metric]


def _pattern(guarded: GuardedMetric) -> RowPattern:
    return RowPattern(guarded.name, guarded.secondary)


def _require_matches(policy: GatePolicy, sides: Sequence[PreparedSides]) -> None:
    """Refuse a guard that matches no metric of any run, compared or not."""
    known = {name for each in sides for name in (*(row.metric for row in each.rows), *each.coverage.names)}
    for guarded in policy.metric:
        if not any(_pattern(guarded).guards(name) for name in known):
            rows = [row.name for each in sides for row in each.rows if row.primary]
            raise InvalidInput(
                f"the policy guards {guarded.name!r}, which matches no metric of the runs; they have: "
                f"{some_names(rows)}"
            )


def _worse(comparison: Comparison) -> tuple[str, ...]:
    return tuple(
        f"{each.name}: worse, {_change(each)}, threshold {each.threshold_percent:g} %"
        for each in comparison.metrics
        if each.decision.verdict is Verdict.WORSE
    )


def _change(metric: MetricComparison) -> str:
    if metric.ratio is None or metric.ratio in (0.0, float("inf")):
        return f"from {metric.base:.4g} to {metric.head:.4g} {metric.unit}"
    return f"ratio {metric.ratio:.3f}"


def _missing(policy: GatePolicy, sides: PreparedSides) -> tuple[str, ...]:
    """A line for each required metric that is unlike, or that a run of the head does not have."""
    coverage = sides.coverage
    lines = {name: f"{name}: only in the baseline" for name in coverage.only_in_base}
    lines |= {each.name: str(each) for each in coverage.partial if each.head_runs < each.head_total}
    lines |= {name: f"{name}: not compared: {reason}" for name, reason in coverage.unlike}
    everything = tuple(dict.fromkeys((*(row.metric for row in sides.rows), *coverage.names)))
    required = {
        name
        for guarded in policy.metric
        if guarded.required
        for name in _pattern(guarded).names(everything, coverage.secondary)
    }
    return tuple(line for name, line in lines.items() if name in required)


def _undecided(policy: GatePolicy, sides: PreparedSides, comparison: Comparison) -> Iterator[str]:
    required = {
        (row.id, row.figure)
        for guarded in policy.metric
        if guarded.required
        for row in deciding_rows(_pattern(guarded).rows(sides.rows))
    }
    for metric in comparison.metrics:
        undecided = not metric.decision.not_worse and metric.decision.verdict is not Verdict.WORSE
        if undecided and (metric.id, metric.figure) in required:
            smallest = metric.detectable_percent
            effect = "" if smallest is None else f"; the minimum detectable effect is {smallest:.1f} %"
            yield f"{metric.name}: {metric.decision.verdict.label}: {metric.decision.reason}{effect}"
