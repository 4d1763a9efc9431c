"""What a comparison says of runs whose truth is known, and what it refuses to say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from obrelease.analysis.comparison.compare import MOST_RUNS, Compared, Comparison, compare
from obrelease.analysis.comparison.run_metrics import Run, Series
from obrelease.analysis.comparison.verdict import Evidence, Rules, Verdict, decide
from obrelease.analysis.histograms.histogram import Histogram
from obrelease.errors import Inconclusive, UsageError
from tests.made_up_runs import LATENCY, run, side

RULES = Rules(resamples=500)


def named(comparison: Comparison, name: str) -> Compared:
    return next(metric for metric in comparison.metrics if metric.name == name)


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {metric.name: str(metric.decision.verdict) for metric in comparison.metrics}


def test_runs_that_are_alike_are_the_same() -> None:
    found = verdicts(compare(side("base"), side("head"), RULES))
    assert found.pop(f"{LATENCY} p99.99") == "cannot tell"
    assert set(found.values()) == {"same"}
    assert len(found) == 5


def test_slower_is_worse_in_both_directions_of_better() -> None:
    slower = compare(side("base"), side("head", rate=0.9e6, latency=1.1), RULES)
    assert named(slower, "throughput").decision.verdict is Verdict.WORSE
    assert named(slower, f"{LATENCY} p99").decision.verdict is Verdict.WORSE
    assert named(slower, "throughput").ratio == pytest.approx(0.9, rel=1e-3)
    assert named(slower, f"{LATENCY} p50").ratio == pytest.approx(1.1, rel=1e-3)
    faster = compare(side("base"), side("head", rate=1.1e6, latency=0.9), RULES)
    assert named(faster, "throughput").decision.verdict is Verdict.BETTER
    assert named(faster, f"{LATENCY} p99").decision.verdict is Verdict.BETTER


def test_a_change_too_small_to_matter_is_the_same() -> None:
    found = compare(side("base"), side("head", rate=0.99e6), RULES)
    metric = named(found, "throughput")
    assert metric.p_adjusted is not None
    assert metric.p_adjusted < 0.05
    assert metric.decision.verdict is Verdict.SAME


@pytest.mark.parametrize(("base", "head"), [(3, 6), (6, 3), (1, 1)])
def test_below_four_runs_on_a_side_there_is_no_verdict(base: int, head: int) -> None:
    found = compare(side("base", base), side("head", head, rate=0.5e6, latency=2.0), RULES)
    assert set(verdicts(found).values()) == {"cannot tell"}
    assert all(metric.test is None and metric.p_adjusted is None for metric in found.metrics)
    assert f"{base} + {head} runs" in named(found, "throughput").decision.reason


def test_a_percentile_with_few_values_beyond_it_is_not_tested() -> None:
    metric = named(compare(side("base"), side("head", latency=2.0), RULES), f"{LATENCY} p99.99")
    assert metric.test is None
    assert "fewer than 10" in metric.decision.reason
    assert not metric.decision.not_worse


def test_noise_between_runs_is_told_and_not_taken_for_a_change() -> None:
    found = named(
        compare(side("base", spread=0.2), side("head", rate=0.97e6, spread=0.2), RULES), "throughput"
    )
    assert found.decision.verdict is Verdict.CANNOT_TELL
    assert found.detectable_percent is not None
    assert found.detectable_percent > 10


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    sides = side("base", spread=0.05), side("head", spread=0.05)
    first, again = (compare(*sides, RULES) for _ in range(2))
    other = compare(*sides, replace(RULES, seed=2))
    assert named(first, "throughput").low == named(again, "throughput").low
    assert named(first, "throughput").low != named(other, "throughput").low


def test_a_metric_keeps_its_interval_when_others_are_left_out() -> None:
    sides = side("base", spread=0.05), side("head", spread=0.05)
    alone = compare(*sides, RULES, only=["throughput"])
    assert [metric.name for metric in alone.metrics] == ["throughput"]
    assert named(alone, "throughput").low == named(compare(*sides, RULES), "throughput").low


def test_the_shift_function_has_deciles_and_tail() -> None:
    points = compare(side("base"), side("head", latency=1.5), RULES).shifts
    quantiles = [point.quantile for point in points]
    assert quantiles == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999, 0.9999]
    assert all(point.ratio == pytest.approx(1.5, rel=0.01) for point in points)
    assert all(point.low is not None and point.low <= point.ratio for point in points)


def test_unlike_runs_are_refused_by_the_fact_that_differs_and_told_when_forced() -> None:
    facts = {"kind": "bench", "scenario": "x10", "host.cpu_model": "another cpu"}
    other = [replace(each, facts=facts) for each in side("head")]
    with pytest.raises(Inconclusive, match="cpu_model: a cpu against another cpu"):
        compare(side("base"), other, RULES)
    forced = compare(side("base"), other, RULES, force=True)
    assert [each.fact for each in forced.unlike] == ["host.cpu_model"]


@pytest.mark.parametrize("there", ["unknown", "a cpu"])
def test_an_untold_machine_is_like_no_other_until_somebody_says_so(there: str) -> None:
    base, head = (
        [replace(each, facts={"kind": "imported", "host.cpu_model": fact}) for each in side(name)]
        for name, fact in (("base", there), ("head", "unknown"))
    )
    with pytest.raises(Inconclusive, match=f"cpu_model: {there} against unknown"):
        compare(base, head, RULES)
    said = compare(base, head, RULES, same_host=True)
    assert said.unlike == ()
    assert "said to be of one machine, not known to be: host.cpu_model" in said.notes


def test_one_machine_by_word_is_no_excuse_for_two_by_their_facts() -> None:
    facts = {"kind": "bench", "scenario": "x10", "host.cpu_model": "another cpu"}
    with pytest.raises(Inconclusive, match="cpu_model"):
        compare(side("base"), [replace(each, facts=facts) for each in side("head")], RULES, same_host=True)


def test_unknown_is_a_value_where_it_is_not_of_the_machine() -> None:
    facts = {"kind": "bench", "parameters.mode": "unknown"}
    base, head = ([replace(each, facts=facts) for each in side(name)] for name in ("base", "head"))
    assert compare(base, head, RULES).unlike == ()


def test_a_fact_that_one_run_lacks_makes_it_unlike() -> None:
    odd = replace(side("head")[0], facts={"kind": "bench", "scenario": "x10"})
    with pytest.raises(Inconclusive, match="a cpu against a cpu and absent"):
        compare(side("base"), [odd, *side("head")[1:]], RULES)


def test_a_run_on_both_sides_is_refused() -> None:
    with pytest.raises(UsageError, match="on both sides"):
        compare(side("base"), [*side("head"), side("base")[0]], RULES)


def test_an_imported_file_counts_once() -> None:
    twice = [replace(each, original="cd" * 32) for each in side("base", 2)]
    assert len(compare([*side("base")[2:], *twice], side("head"), RULES).base) == 5
    with pytest.raises(UsageError, match="on both sides"):
        compare(twice, [replace(side("head")[0], original="cd" * 32)], RULES)


@pytest.mark.parametrize("count", [0, MOST_RUNS + 1])
def test_a_side_has_some_runs_and_not_too_many(count: int) -> None:
    many = [replace(run("x"), digest=f"base-{number}") for number in range(count)]
    with pytest.raises(UsageError, match=f"{count} runs as base"):
        compare(many, side("head"), RULES)


def test_nothing_in_common_is_no_comparison() -> None:
    def only(each: Run, name: str) -> Run:
        return replace(each, series={name: Series("ns", "lower", (1.0,))}, histograms={})

    with pytest.raises(Inconclusive, match="no such metric in common"):
        compare([only(run("a"), "one")], [only(run("b"), "two")], RULES)


def test_what_a_reader_must_know_is_noted() -> None:
    late = [replace(each, created_ns=each.created_ns + 1_000, commit="cd" * 20) for each in side("head")]
    mixed = [*late[1:], replace(late[0], commit=None, left_out=("odd: a sample is zero",))]
    notes = " / ".join(compare(side("base"), mixed, RULES).notes)
    assert "head mixes runs of 2 commits" in notes
    assert "came before the other's" in notes
    assert "left out: odd" in notes
    assert compare(side("base"), side("head"), RULES).notes == ()


def test_the_control_is_the_bases_own_odd_turns_over_its_even_ones() -> None:
    base = [run(f"b{n}", rate=1e6 * (1.1 if n % 2 == 0 else 1.0), at=n) for n in range(6)]
    assert named(compare(base, side("head"), RULES), "throughput").control == pytest.approx(1.1)


def test_intervals_inside_a_run_widen_the_interval() -> None:
    """Rule: the second level of the bootstrap adds the scatter between intervals."""

    def cut(each: Run) -> Run:
        whole = each.histograms[LATENCY][0]
        parts = np.array_split(np.arange(whole.counts.size), 5)
        return replace(
            each,
            histograms={
                LATENCY: tuple(
                    Histogram(whole.lower_ns[p], whole.upper_ns[p], whole.counts[p]) for p in parts
                )
            },
        )

    def width(base: list[Run], head: list[Run]) -> float:
        metric = named(compare(base, head, RULES), f"{LATENCY} p50")
        assert metric.low is not None
        assert metric.high is not None
        return metric.high - metric.low

    whole = width(side("base"), side("head"))
    assert width([cut(each) for each in side("base")], [cut(each) for each in side("head")]) > 5 * whole


@pytest.mark.parametrize(
    ("ratio", "low", "high", "p", "verdict", "not_worse"),
    [
        (0.90, 0.88, 0.92, 0.01, Verdict.WORSE, False),
        (0.90, 0.88, 0.92, 0.06, Verdict.CANNOT_TELL, False),
        (0.985, 0.97, 0.995, 0.01, Verdict.CANNOT_TELL, False),
        (1.10, 0.99, 1.30, 0.01, Verdict.CANNOT_TELL, True),
        (1.10, 1.05, 1.15, 0.01, Verdict.BETTER, True),
        (1.00, 0.99, 1.01, 0.90, Verdict.SAME, True),
        (0.995, 0.99, 0.999, 0.01, Verdict.SAME, True),
    ],
)
def test_the_rule_of_decision(
    ratio: float, low: float, high: float, p: float, verdict: Verdict, not_worse: bool
) -> None:
    decision = decide(Evidence((6, 6), ratio, low, high, p), "higher", 2.0, Rules())
    assert (decision.verdict, decision.not_worse) == (verdict, not_worse)
