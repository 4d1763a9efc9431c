"""Two releases scenario by scenario: which runs compare, and the verdict of the gate on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from obrelease.analysis.comparison.gate import GateVerdict, evaluate_release
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.match_releases import match_releases
from obrelease.analysis.summary.run import Run
from obrelease.errors import InvalidInput
from tests.made_up_runs import on_host, side, with_fields


def policy(name: str = "throughput") -> GatePolicy:
    metric = (GuardedMetric(name=name),)
    return GatePolicy(format="obrelease.gate-policy", version=1, resamples=500, metric=metric)


def of(scenario: str, runs: Sequence[Run], cpu: str = "a cpu") -> list[Run]:
    """The same runs of another scenario, perhaps on another host."""
    return [
        replace(
            on_host(with_fields(run, scenario=scenario), cpu_model=cpu), digest=f"{scenario}-{run.digest}"
        )
        for run in runs
    ]


def test_runs_compare_with_those_of_the_same_scenario() -> None:
    base = [*of("x10", side("base", 2)), *of("old", side("base", 2)), *of("kept", side("base", 2))]
    kept = [run for run in base if run.artefact.scenario == "kept"]
    head = [*of("x10", side("head", 3)), *kept, *of("new", side("head", 2))]
    matched = match_releases(base, head)
    ((name, count),) = [(pair.name, (len(pair.base), len(pair.head))) for pair in matched.pairs]
    assert (name, count) == ("bench x10", (2, 3))
    assert matched.not_compared == (
        "bench kept: same runs as the base; not re-measured",
        "bench old: only in the base",
        "bench new: not in the base",
    )
    assert match_releases(base[::-1], head[::-1]).not_compared == matched.not_compared


def test_runs_of_the_base_that_the_head_carries_are_not_runs_of_the_head() -> None:
    base = of("x10", side("base", 4))
    (pair,) = match_releases(base, [*base, *of("x10", side("head", 5))]).pairs
    assert (len(pair.base), len(pair.head)) == (4, 5)


@pytest.mark.parametrize(
    ("there", "here", "same_host", "compares"),
    [
        ("a cpu", "another", False, False),
        ("a cpu", "another", True, False),
        ("unknown", "unknown", False, False),
        ("unknown", "unknown", True, True),
    ],
)
def test_runs_of_other_or_unknown_hosts_do_not_compare_and_the_reason_is_given(
    there: str, here: str, same_host: bool, compares: bool
) -> None:
    base, head = of("x10", side("base"), there), of("x10", side("head"), here)
    matched = match_releases(base, head, same_host=same_host)
    assert len(matched.pairs) == compares
    if not compares:
        assert matched.not_compared == (f"bench x10: not comparable: host.cpu_model: {there} against {here}",)
    assert len(match_releases(base, head, force=True).pairs) == 1


def test_runs_of_a_scenario_that_do_not_compare_are_reported_if_others_do() -> None:
    base, head = of("x10", side("base", 2)), of("x10", side("head", 3))
    matched = match_releases(base, [*head[:2], on_host(head[2], cpu_count=64)])
    ((name, count),) = [(pair.name, len(pair.head)) for pair in matched.pairs]
    assert (name, count) == ("bench x10 (2 of 3 runs)", 2)
    assert matched.not_compared == ()
    assert [str(each) for each in matched.partial] == [
        "bench x10: not comparable: host.cpu_count: 2 against 64"
    ]


def test_one_scenario_that_is_worse_is_enough() -> None:
    base = [*of("x1", side("base")), *of("x10", side("base")), *of("old", side("base"))]
    head = [*of("x1", side("head")), *of("x10", side("head", rate=0.9e6))]
    result = evaluate_release(policy(), match_releases(base, head))
    assert result.verdict is GateVerdict.REGRESSION
    assert result.reasons == ("bench x10: throughput: worse, ratio 0.900, threshold 2 %",)
    assert "bench old: only in the base" in result.remarks
    assert evaluate_release(policy(), match_releases(base[6:], head)).verdict is GateVerdict.REGRESSION


def test_the_level_is_of_all_scenarios_and_is_not_divided_among_them() -> None:
    """Rule: four and four runs reach 2.9 % in one scenario, and the same in one of many."""
    names = [f"x{number}" for number in range(12)]
    base = [run for name in names for run in of(name, side("base", 4))]
    head = [run for name in names for run in of(name, side("head", 4, rate=0.9e6 if name == "x3" else 1e6))]
    result = evaluate_release(policy(), match_releases(base, head))
    assert result.reasons == ("bench x3: throughput: worse, ratio 0.900, threshold 2 %",)
    assert {comparison.rules.alpha for _, comparison in result.comparisons} == {0.05}


def test_a_scenario_without_a_guarded_metric_is_reported_and_does_not_decide() -> None:
    base, head = (
        [*of("x1", side(name)), *of("lat", [replace(run, metrics={}) for run in side(name)])]
        for name in ("base", "head")
    )
    result = evaluate_release(policy(), match_releases(base, head))
    assert result.verdict is GateVerdict.OK
    assert result.remarks == ("bench lat: no metric that the policy guards",)
    with pytest.raises(InvalidInput, match="thruput"):
        evaluate_release(policy("thruput"), match_releases(base, head))


def test_a_release_without_any_comparison_does_not_pass() -> None:
    result = evaluate_release(policy(), match_releases([], of("x1", side("head"))))
    assert result.verdict is GateVerdict.INCONCLUSIVE
    assert result.remarks == ("bench x1: not in the base",)
