"""The verdict on one metric: better, worse, same or inconclusive, by one rule, with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from obrelease.models.labels_and_directions import Direction

MIN_RUNS: Final = 4
"""Below four and four runs the exact test cannot go under 5 %: there is no verdict."""


class Verdict(StrEnum):
    """The verdict on one metric; the values are those of the JSON contract."""

    BETTER = "better"
    WORSE = "worse"
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
        thresholds: by metric name or shell pattern of names; the first match counts.
        least_runs: on each side, `MIN_RUNS` or more.
        resamples: of the bootstrap.
        seed: of the bootstrap.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    threshold_percent: float = 2.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    least_runs: int = MIN_RUNS
    resamples: int = 2_000
    seed: int = 1

    def threshold_of(self, metric: str) -> float:
        """The smallest change in percent that matters for a metric."""
        matching = (percent for name, percent in self.thresholds.items() if fnmatchcase(metric, name))
        return next(matching, self.threshold_percent)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence on one metric: the ratio head over base, and how certain it is.

    `low` and `high` are the ends of the ratio's interval, None below two runs a side; `p_adjusted`
    is None where the metric was not tested.
    """

    runs: tuple[int, int]
    ratio: float
    low: float | None
    high: float | None
    p_adjusted: float | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the reason, and whether a relevant change for the worse can be ruled out."""

    verdict: Verdict
    reason: str
    not_worse: bool


def decide(evidence: Evidence, direction: Direction, threshold_percent: float, rules: Rules) -> Decision:
    """Decide on the evidence of one metric.

    A change must be significant after correction for many metrics, have an interval that excludes 1,
    and be large enough. `same` needs the whole interval inside the threshold.
    """
    if min(evidence.runs) < rules.least_runs:
        given = " + ".join(str(count) for count in evidence.runs)
        return _inconclusive(f"{given} runs; a verdict needs {rules.least_runs} + {rules.least_runs}")
    if evidence.low is None or evidence.high is None or evidence.p_adjusted is None:
        return _inconclusive("not tested")
    up = 1 + threshold_percent / 100
    inside = 1 / up < evidence.low and evidence.high < up
    good = evidence.low > 1 / up if direction == "higher" else evidence.high < up
    excludes_one = evidence.low > 1 or evidence.high < 1
    if evidence.p_adjusted <= rules.alpha and excludes_one and not inside:
        if abs(math.log(evidence.ratio)) < math.log(up):
            return Decision(
                Verdict.INCONCLUSIVE, f"changed, perhaps by less than {threshold_percent:g} %", good
            )
        gain = (evidence.ratio > 1) == (direction == "higher")
        return Decision(Verdict.BETTER if gain else Verdict.WORSE, "significant and large enough", good)
    if inside:
        return Decision(Verdict.SAME, f"within {threshold_percent:g} %", good)
    return Decision(Verdict.INCONCLUSIVE, f"the interval reaches beyond {threshold_percent:g} %", good)


def _inconclusive(reason: str) -> Decision:
    return Decision(Verdict.INCONCLUSIVE, reason, not_worse=False)
