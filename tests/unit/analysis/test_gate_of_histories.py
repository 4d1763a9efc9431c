"""The gate over histories: which steps are regressions, and what is inconclusive."""

from __future__ import annotations

import pytest

from obrelease.analysis.comparison.gate import GateVerdict
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.history.gate import HistoryGateResult, evaluate_history
from obrelease.analysis.history.metric_history import MetricHistory, build_history
from obrelease.errors import InvalidInput
from obrelease.models.labels_and_directions import Direction
from obrelease.models.run_figures import FigurePoint, SeriesKey


def made(
    levels: list[tuple[int, float]],
    *,
    name: str = "parse",
    direction: Direction | None = "lower",
    primary: bool = True,
) -> MetricHistory:
    """A history of runs at given levels, with noise of 0.2 %."""
    values = [level for count, level in levels for _ in range(count)]
    series = SeriesKey("imported", "demo", "", "v", "lab-7", f"{name}-id", name, "ns", direction, primary)
    points = [
        FigurePoint(
            digest=f"{number:064x}",
            created_ns=number,
            commit=f"{number:040x}",
            dirty=False,
            toolchain="gcc 14",
            labels={},
            value=value * (1 + (number * 7 % 5 - 2) / 1000),
            low=None,
            high=None,
            samples=None,
        )
        for number, value in enumerate(values)
    ]
    return build_history(series, points, {f"{number:040x}": number for number in range(len(values))})


def evaluate(*histories: MetricHistory, **guard: object) -> HistoryGateResult:
    metric = GuardedMetric.model_validate({"name": "*", **guard})
    policy = GatePolicy(format="obrelease.gate-policy", version=1, threshold_percent=5.0, metric=(metric,))
    alarms = [(each, step) for each in histories for step in each.steps if step.verdict == "worse"]
    return evaluate_history(policy, histories, alarms)


def test_a_step_to_worse_values_is_a_regression_and_names_its_commit() -> None:
    result = evaluate(made([(20, 100.0), (20, 112.0)]))
    assert result.verdict is GateVerdict.REGRESSION
    (reason,) = result.reasons
    assert reason.startswith("parse on lab-7: worse since 000000000, ratio 1.12")
    assert reason.endswith("threshold 5 %")


def test_without_a_step_it_passes() -> None:
    assert evaluate(made([(40, 100.0)])) == HistoryGateResult(GateVerdict.OK, (), (), (made([(40, 100.0)]),))


def test_a_step_to_better_values_passes() -> None:
    assert evaluate(made([(20, 100.0), (20, 80.0)])).verdict is GateVerdict.OK
    assert evaluate(made([(20, 100.0), (20, 120.0)], direction="higher")).verdict is GateVerdict.OK


def test_a_step_below_the_threshold_passes_and_one_above_it_in_another_direction_does_not() -> None:
    smaller = made([(20, 100.0), (20, 103.0)])
    assert [step.verdict for step in smaller.steps] == ["worse"]
    assert evaluate(smaller).verdict is GateVerdict.OK
    assert evaluate(smaller, threshold_percent=2.0).verdict is GateVerdict.REGRESSION
    higher = made([(20, 100.0), (20, 90.0)], direction="higher")
    assert evaluate(higher).verdict is GateVerdict.REGRESSION


def test_too_few_runs_are_inconclusive_unless_the_metric_is_not_required() -> None:
    few = made([(11, 100.0)])
    result = evaluate(few)
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert result.reasons == ("parse on lab-7: 11 runs without a break; a step is found from 12 runs on",)
    assert evaluate(few, required=False).verdict is GateVerdict.OK


def test_a_regression_elsewhere_is_not_hidden_by_too_few_runs() -> None:
    result = evaluate(made([(5, 1.0)], name="print"), made([(20, 100.0), (20, 112.0)]))
    assert result.verdict is GateVerdict.REGRESSION
    assert [line.partition(":")[0] for line in result.reasons] == ["parse on lab-7"]
    assert [line.partition(":")[0] for line in result.remarks] == ["print on lab-7"]


def test_a_metric_without_a_direction_decides_only_alone() -> None:
    nameless = made([(20, 1.0), (20, 2.0)], name="size", direction=None)
    assert evaluate(nameless).verdict is GateVerdict.INCONCLUSIVE
    assert evaluate(nameless, made([(40, 100.0)])).verdict is GateVerdict.OK


def test_secondary_metrics_count_only_if_the_policy_asks_for_them() -> None:
    cpu = made([(20, 100.0), (20, 112.0)], name="parse cpu", primary=False)
    wall = made([(40, 100.0)])
    assert evaluate(wall, cpu).verdict is GateVerdict.OK
    assert evaluate(wall, cpu, secondary=True).verdict is GateVerdict.REGRESSION


def test_a_guard_without_a_metric_is_refused_and_one_of_a_row_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"'other', which matches no metric of the histories.*parse"):
        evaluate(made([(40, 100.0)]), name="other")
    result = evaluate(made([(40, 100.0)]), name="parse p99")
    assert result.remarks == ("parse p99: tails and spreads of samples have no history",)
