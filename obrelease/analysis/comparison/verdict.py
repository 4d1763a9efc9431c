"""The verdict on one row: better, worse, same or inconclusive, by one rule, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from obrelease.analysis.comparison.metric_names import matches
from obrelease.analysis.statistics.run_splits import least_equal_runs, least_p_value
from obrelease.models.labels_and_directions import Direction

Observations = Literal["runs", "samples"]

MIN_RUNS: Final = 4
"""Below four and four runs no division of them has a probability under 5 %: there is no verdict."""

SPREAD_THRESHOLD_PERCENT: Final = 100.0
"""The smallest change of a spread that matters: it doubles, or halves."""

SAME_HOST_BY_NAME: Final = ("name",)
"""By default, runs whose files name one machine are of one machine."""


class Verdict(StrEnum):
    """The verdict on one row; the values are those of the JSON contract."""

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    """Changed, and nobody said which direction is better."""

    SAME = "same"
    INCONCLUSIVE = "cannot tell"

    @property
    def label(self) -> str:
        """The word for people."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a comparison decides.

    Attributes:
        alpha: significance level of the whole comparison.
        confidence: of the intervals.
        threshold_percent: the smallest change that matters, where `thresholds` has no other.
        thresholds: by metric name or pattern of names; the first match counts.
        least_runs: on each side, `MIN_RUNS` or more.
        resamples: divisions of the runs that are tried if there are too many to try all.
        seed: of their choice.
        aliases: new names of metrics by their old names.
        same_host: how runs are known to be of one machine, see `host_rule`.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    threshold_percent: float = 2.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    least_runs: int = MIN_RUNS
    resamples: int = 10_000
    seed: int = 1
    aliases: Mapping[str, str] = field(default_factory=dict)
    same_host: tuple[str, ...] = SAME_HOST_BY_NAME

    def threshold_of(self, row: str, metric: str | None = None, *, is_spread: bool = False) -> float:
        """The smallest change in percent that matters for a row of a metric."""
        names = [row] if metric is None else [row, metric]
        matching = (
            percent
            for name in names
            for pattern, percent in self.thresholds.items()
            if matches(name, pattern)
        )
        percent = next(matching, self.threshold_percent)
        return max(percent, SPREAD_THRESHOLD_PERCENT) if is_spread else percent


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence on one row, on the scale of the test: logs or differences.

    Attributes:
        runs: of each side that have a value.
        change: head minus base.
        low, high: the ends of its interval; None below two runs a side.
        limit: the smallest change that matters.
        p_adjusted: None if the row was not tested.
        tested: how many rows were tested together.
        observations: what the values are of.
    """

    runs: tuple[int, int]
    change: float
    low: float | None
    high: float | None
    limit: float
    p_adjusted: float | None
    tested: int = 1
    observations: Observations = "runs"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the reason, and whether a relevant change for the worse can be ruled out."""

    verdict: Verdict
    reason: str
    not_worse: bool


def too_few_runs(runs: tuple[int, int], rules: Rules, observations: Observations = "runs") -> str | None:
    """Why runs of these numbers cannot be tested, with the numbers that could; None if they can."""
    given = " + ".join(str(count) for count in runs)
    least = max(MIN_RUNS, least_equal_runs(rules.alpha))
    needed = max(least, rules.least_runs)
    if 0 in runs or least_p_value(*runs) > rules.alpha or max(runs) < least:
        return f"{given} {observations} cannot show anything; {needed} + {needed} could"
    if min(runs) < rules.least_runs:
        return f"{given} {observations}; a verdict needs {rules.least_runs} + {rules.least_runs}"
    return None


def decide(
    evidence: Evidence, direction: Direction | None, threshold_percent: float, rules: Rules
) -> Decision:
    """Decide on the evidence of one row.

    A change must be significant after correction for all tested rows, have an interval that excludes no
    change, and be large enough. `same` needs the whole interval inside the threshold.
    """
    if reason := too_few_runs(evidence.runs, rules, evidence.observations):
        return Decision(Verdict.INCONCLUSIVE, reason, not_worse=False)
    low, high, limit = evidence.low, evidence.high, evidence.limit
    if low is None or high is None or evidence.p_adjusted is None:
        return Decision(Verdict.INCONCLUSIVE, "not tested", not_worse=False)
    inside = -limit <= low and high <= limit
    not_worse = low >= -limit if direction == "higher" else high <= limit if direction == "lower" else inside
    significant = evidence.p_adjusted <= rules.alpha
    excludes_none = low > 0 or high < 0
    if significant and excludes_none and not inside and abs(evidence.change) >= limit:
        return Decision(_changed(evidence.change, direction), "significant and large enough", not_worse)
    if inside:
        reason = "no run differs" if low == high == 0 else f"within {threshold_percent:g} %"
        return Decision(Verdict.SAME, reason, not_worse)
    doubt = f"the interval reaches beyond {threshold_percent:g} %"
    if excludes_none and significant:
        doubt = f"changed, perhaps by less than {threshold_percent:g} %"
    elif excludes_none:
        among = f" among {evidence.tested} rows" if evidence.tested > 1 else ""
        doubt = f"not significant{among}: p {evidence.p_adjusted:.3f}"
    return Decision(Verdict.INCONCLUSIVE, doubt, not_worse)


def _changed(change: float, direction: Direction | None) -> Verdict:
    if direction is None:
        return Verdict.CHANGED
    return Verdict.BETTER if (change > 0) == (direction == "higher") else Verdict.WORSE
