"""The verdict of a measurement that was repeated to confirm a regression."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from obrelease.analysis.comparison.gate import GateVerdict
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.api.compare_runs import ComparisonReport
from obrelease.api.measure_verdict import MeasuredComparison, confirm, default_policy

OK, REGRESSION, INCONCLUSIVE = GateVerdict.OK, GateVerdict.REGRESSION, GateVerdict.INCONCLUSIVE


def measured(verdict: GateVerdict, *worse: str) -> MeasuredComparison:
    """A comparison in which these metrics are worse, and `same` is the same."""
    verdicts = {**dict.fromkeys(worse, Verdict.WORSE), "same": Verdict.SAME}
    metrics = [
        SimpleNamespace(name=name, decision=SimpleNamespace(verdict=each)) for name, each in verdicts.items()
    ]
    comparison = cast("Any", SimpleNamespace(metrics=metrics))
    return MeasuredComparison(verdict, tuple(worse), ComparisonReport((("", comparison),)))


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (measured(REGRESSION, "a"), REGRESSION),
        (measured(REGRESSION, "a", "c"), REGRESSION),
        (measured(REGRESSION, "c"), INCONCLUSIVE),
        (measured(INCONCLUSIVE), INCONCLUSIVE),
        (measured(OK), OK),
    ],
)
def test_a_regression_counts_if_the_same_metric_is_worse_again(
    second: MeasuredComparison, expected: GateVerdict
) -> None:
    first = measured(REGRESSION, "a", "b")
    found = confirm(first, second)
    assert found.verdict is expected
    assert found.compared is first.compared
    assert found.confirmation is second.compared
    if expected is INCONCLUSIVE:
        assert found.reasons[0] == "the regression of a, b was not confirmed by a second measurement"


def test_the_default_policy_guards_every_metric() -> None:
    policy = default_policy(7.5)
    assert [(each.name, each.required) for each in policy.metric] == [("*", True)]
    assert policy.threshold_percent == 7.5
