"""Two releases scenario by scenario: what is put side by side, and what the gate makes of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from obrelease.analysis.comparison.gate import Answer, ask_release
from obrelease.analysis.comparison.gate_policy import Policy, policy_of
from obrelease.analysis.comparison.match_releases import match
from obrelease.analysis.comparison.run_metrics import Run
from obrelease.errors import InvalidInput
from tests.made_up_runs import side


def policy(name: str = "throughput") -> Policy:
    document = {"format": "obrelease.gate-policy", "version": 1, "resamples": 500}
    return policy_of({**document, "metric": [{"name": name}]}, "policy.toml")


def of(scenario: str, runs: Sequence[Run], cpu: str = "a cpu") -> list[Run]:
    """The same runs of another scenario, perhaps on another machine."""
    facts = {"kind": "bench", "scenario": scenario, "host.cpu_model": cpu}
    return [replace(run, digest=f"{scenario}-{run.digest}", facts=facts) for run in runs]


def test_each_scenario_is_put_beside_its_own() -> None:
    base = [*of("x10", side("base", 2)), *of("old", side("base", 2)), *of("kept", side("base", 2))]
    kept = [run for run in base if run.facts["scenario"] == "kept"]
    head = [*of("x10", side("head", 3)), *kept, *of("new", side("head", 2))]
    matched = match(base, head)
    ((name, count),) = [(pair.name, (len(pair.base), len(pair.head))) for pair in matched.pairs]
    assert (name, count) == ("bench x10", (2, 3))
    assert matched.left == (
        "bench kept: the very runs of the base, nothing was measured since",
        "bench old: is in the base alone",
    )
    assert matched.new == ("bench new: is not in the base",)
    assert match(base[::-1], head[::-1]).left == matched.left


def test_runs_of_the_base_that_the_head_carries_on_do_not_count_as_the_heads() -> None:
    base = of("x10", side("base", 4))
    (pair,) = match(base, [*base, *of("x10", side("head", 5))]).pairs
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
def test_runs_of_other_or_untold_machines_are_left_with_the_reason(
    there: str, here: str, same_host: bool, compares: bool
) -> None:
    base, head = of("x10", side("base"), there), of("x10", side("head"), here)
    matched = match(base, head, same_host=same_host)
    assert len(matched.pairs) == compares
    if not compares:
        assert matched.left == (f"bench x10: not alike: host.cpu_model: {there} against {here}",)
    assert len(match(base, head, force=True).pairs) == 1


def test_one_scenario_that_is_worse_is_enough() -> None:
    base = [*of("x1", side("base")), *of("x10", side("base")), *of("old", side("base"))]
    head = [*of("x1", side("head")), *of("x10", side("head", rate=0.9e6))]
    asked = ask_release(policy(), match(base, head))
    assert asked.answer is Answer.REGRESSION
    assert asked.reasons == ("bench x10: throughput: worse, ratio 0.900, threshold 2 %",)
    assert "bench old: is in the base alone" in asked.remarks
    assert ask_release(policy(), match(base[6:], head)).answer is Answer.REGRESSION


def test_the_level_is_of_all_scenarios_together() -> None:
    """Four and four runs reach 2.9 %: enough for one scenario at 5 %, not for one of two."""
    base = [*of("x1", side("base", 4)), *of("x10", side("base", 4))]
    head = [*of("x1", side("head", 4)), *of("x10", side("head", 4, rate=0.9e6))]
    assert ask_release(policy(), match(base[4:], head[4:])).answer is Answer.REGRESSION
    both = ask_release(policy(), match(base, head))
    assert both.answer is Answer.INCONCLUSIVE
    assert [comparison.rules.alpha for _, comparison in both.comparisons] == [0.025, 0.025]


def test_a_scenario_without_a_guarded_metric_is_said_and_counts_for_nothing() -> None:
    base, head = (
        [*of("x1", side(name)), *of("lat", [replace(run, series={}) for run in side(name)])]
        for name in ("base", "head")
    )
    asked = ask_release(policy(), match(base, head))
    assert asked.answer is Answer.OK
    assert asked.remarks == ("bench lat: has no metric that the policy guards",)
    with pytest.raises(InvalidInput, match="thruput"):
        ask_release(policy("thruput"), match(base, head))


def test_nothing_beside_nothing_is_no_pass() -> None:
    asked = ask_release(policy(), match([], of("x1", side("head"))))
    assert asked.answer is Answer.INCONCLUSIVE
    assert asked.remarks == ("bench x1: is not in the base",)
