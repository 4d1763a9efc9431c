"""Comparisons of runs whose true difference is known, and the comparisons that are refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from obrelease.analysis.comparison.compare import Comparison, MetricComparison, compare
from obrelease.analysis.comparison.side_runs import MAX_RUNS_OF_A_SIDE
from obrelease.analysis.comparison.verdict import Evidence, Rules, Verdict, decide, too_few_runs
from obrelease.analysis.summary.run import Metric, Run
from obrelease.errors import Inconclusive, UsageError
from obrelease.models.artefact import Label
from obrelease.models.labels_and_directions import Direction
from tests.made_up_runs import LATENCY, on_host, run, side, with_fields

RULES = Rules(resamples=500)


def named(comparison: Comparison, name: str) -> MetricComparison:
    return next(metric for metric in comparison.metrics if metric.name == name)


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {metric.name: str(metric.decision.verdict) for metric in comparison.metrics}


def test_equal_runs_are_the_same() -> None:
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
    assert all(metric.p_value is None and metric.p_adjusted is None for metric in found.metrics)
    assert f"{base} + {head} runs" in named(found, "throughput").decision.reason


def test_a_percentile_with_few_values_beyond_it_is_not_tested() -> None:
    metric = named(compare(side("base"), side("head", latency=2.0), RULES), f"{LATENCY} p99.99")
    assert metric.p_value is None
    assert "fewer than 10" in metric.decision.reason
    assert not metric.decision.not_worse


def test_noise_between_runs_is_not_taken_for_a_change() -> None:
    found = named(
        compare(side("base", spread=0.2), side("head", rate=0.97e6, spread=0.2), RULES), "throughput"
    )
    assert found.decision.verdict is Verdict.INCONCLUSIVE
    assert found.detectable_percent is not None
    assert found.detectable_percent > 10


def test_the_seed_decides_only_where_divisions_are_sampled() -> None:
    def p_values(count: int, seed: int) -> list[float | None]:
        sides = (
            side(name, count, rate=rate, spread=0.05) for name, rate in (("base", 1e6), ("head", 0.96e6))
        )
        return [row.p_value for row in compare(*sides, replace(RULES, seed=seed)).metrics]

    assert p_values(6, 1) == p_values(6, 2)
    assert p_values(12, 1) == p_values(12, 1)
    assert p_values(12, 1) != p_values(12, 2)


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


def test_unlike_runs_are_refused_by_the_fact_that_differs_and_listed_when_forced() -> None:
    other = [on_host(each, cpu_model="another cpu") for each in side("head")]
    with pytest.raises(Inconclusive, match="cpu_model: a cpu against another cpu"):
        compare(side("base"), other, RULES)
    forced = compare(side("base"), other, RULES, force=True)
    assert [each.fact for each in forced.unlike] == ["host.cpu_model"]


@pytest.mark.parametrize("there", ["unknown", "a cpu"])
def test_an_unknown_host_equals_no_other_unless_assumed(there: str) -> None:
    base, head = (
        [on_host(each, cpu_model=fact) for each in side(name)]
        for name, fact in (("base", there), ("head", "unknown"))
    )
    with pytest.raises(Inconclusive, match=f"cpu_model: {there} against unknown"):
        compare(base, head, RULES)
    assumed = compare(base, head, RULES, same_host=True)
    assert assumed.unlike == ()
    assert "assumed to be the same host (--same-host), not verified: host.cpu_model" in assumed.notes


def test_hosts_that_are_known_to_differ_cannot_be_assumed_to_be_the_same() -> None:
    other = [on_host(each, cpu_model="another cpu") for each in side("head")]
    with pytest.raises(Inconclusive, match="cpu_model"):
        compare(side("base"), other, RULES, same_host=True)


def test_unknown_is_a_plain_value_of_facts_other_than_the_hosts() -> None:
    base, head = (
        [with_fields(each, parameters={"mode": "unknown"}) for each in side(name)]
        for name in ("base", "head")
    )
    assert compare(base, head, RULES).unlike == ()


def test_labels_and_passes_do_not_decide_whether_runs_compare() -> None:
    head = [
        with_fields(
            each, parameters={"passes": 9}, labels={"branch": Label(value=each.digest, source="user")}
        )
        for each in side("head")
    ]
    assert compare(side("base"), head, RULES).unlike == ()


def test_a_fact_that_one_run_lacks_makes_it_unlike() -> None:
    odd = with_fields(side("head")[0], parameters={"mode": "fast"})
    with pytest.raises(Inconclusive, match=r"parameters\.mode: absent against absent and fast"):
        compare(side("base"), [odd, *side("head")[1:]], RULES)


def test_a_run_on_both_sides_is_refused() -> None:
    with pytest.raises(UsageError, match="on both sides"):
        compare(side("base"), [*side("head"), side("base")[0]], RULES)


def test_an_imported_file_counts_once() -> None:
    twice = [replace(each, original="cd" * 32) for each in side("base", 2)]
    assert len(compare([*side("base")[2:], *twice], side("head"), RULES).base) == 5
    with pytest.raises(UsageError, match="on both sides"):
        compare(twice, [replace(side("head")[0], original="cd" * 32)], RULES)


@pytest.mark.parametrize("count", [0, MAX_RUNS_OF_A_SIDE + 1])
def test_a_side_has_some_runs_and_not_too_many(count: int) -> None:
    many = [replace(run("x"), digest=f"base-{number}") for number in range(count)]
    with pytest.raises(UsageError, match=f"{count} runs as base"):
        compare(many, side("head"), RULES)


def test_nothing_in_common_is_no_comparison() -> None:
    def only(each: Run, name: str) -> Run:
        return replace(each, metrics={name: Metric(name, name, "ns", "lower", (1.0,))}, histograms={})

    with pytest.raises(Inconclusive, match="no such metric in common"):
        compare([only(run("a"), "one")], [only(run("b"), "two")], RULES)


@pytest.mark.parametrize("other", [("s", "higher"), ("msg/s", "lower")])
def test_a_metric_of_two_units_or_directions_is_left_out(other: tuple[str, Direction]) -> None:
    metric = Metric("throughput", "throughput", *other, (1.0,))
    head = [replace(each, metrics={"throughput": metric}) for each in side("head")]
    found = compare(side("base"), head, RULES)
    assert "throughput" not in [metric.name for metric in found.metrics]
    ((name, reason),) = found.coverage.unlike
    assert name == "throughput"
    assert "differs between the runs: " in reason


def test_what_a_reader_must_know_is_noted() -> None:
    def late(each: Run, commit: str | None) -> Run:
        producer = each.artefact.producer.model_copy(update={"commit": commit})
        return with_fields(each, created_ns=str(each.created_ns + 1_000), producer=producer)

    first, *others = side("head")
    mixed = [
        *(late(each, "cd" * 20) for each in others),
        replace(late(first, None), left_out=("odd: a sample is zero",)),
    ]
    notes = " / ".join(compare(side("base"), mixed, RULES).notes)
    assert "head mixes runs of 2 commits" in notes
    assert "came before the other's" in notes
    assert "left out: odd" in notes
    assert compare(side("base"), side("head"), RULES).notes == ()


def test_a_run_counts_by_its_lower_median_and_a_side_by_its_geometric_mean() -> None:
    """Rule: the median of an even number is the lower middle value; head / base is exactly the ratio."""
    base = [run("b1", rate=100.0, passes=(1.0, 2.0, 3.0, 4.0)), run("b2", rate=800.0, passes=(1.0,), at=1)]
    metric = named(compare(base, [run("h", passes=(1.0,))], RULES), "throughput")
    assert metric.base == pytest.approx(400.0)
    assert metric.ratio == pytest.approx(metric.head / metric.base)


def test_the_control_ratio_is_every_second_run_of_the_base_over_the_others() -> None:
    base = [run(f"b{n}", rate=1e6 * (1.1 if n % 2 == 0 else 1.0), at=n) for n in range(6)]
    assert named(compare(base, side("head"), RULES), "throughput").control_ratio == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("ratio", "low", "high", "p", "verdict", "not_worse"),
    [
        (0.90, 0.88, 0.92, 0.01, Verdict.WORSE, False),
        (0.90, 0.88, 0.92, 0.06, Verdict.INCONCLUSIVE, False),
        (0.985, 0.97, 0.995, 0.01, Verdict.INCONCLUSIVE, False),
        (1.10, 0.99, 1.30, 0.01, Verdict.INCONCLUSIVE, True),
        (1.10, 1.05, 1.15, 0.01, Verdict.BETTER, True),
        (1.00, 0.99, 1.01, 0.90, Verdict.SAME, True),
        (0.995, 0.99, 0.999, 0.01, Verdict.SAME, True),
    ],
)
def test_the_rule_of_decision(
    ratio: float, low: float, high: float, p: float, verdict: Verdict, not_worse: bool
) -> None:
    change, least, most = (math.log(each) for each in (ratio, low, high))
    evidence = Evidence((6, 6), change, least, most, math.log(1.02), p)
    decision = decide(evidence, "higher", 2.0, Rules())
    assert (decision.verdict, decision.not_worse) == (verdict, not_worse)


def test_a_reason_is_true_of_the_interval() -> None:
    """Rule: "the interval reaches beyond" is said only of an interval that includes no change."""
    rules, limit = Rules(), math.log(1.02)
    separated = decide(Evidence((6, 6), 2.0, 1.9, 2.1, limit, 0.07, tested=40), "lower", 2.0, rules)
    assert separated.reason == "not significant among 40 rows: p 0.070"
    assert (
        decide(Evidence((6, 6), 2.0, 1.9, 2.1, limit, 0.07), "lower", 2.0, rules).reason
        == "not significant: p 0.070"
    )
    wide = decide(Evidence((6, 6), 0.1, -0.1, 0.3, limit, 0.01), "lower", 2.0, rules)
    assert wide.reason == "the interval reaches beyond 2 %"
    assert {separated.verdict, wide.verdict} == {Verdict.INCONCLUSIVE}


@pytest.mark.parametrize(
    ("runs", "alpha", "reason"),
    [
        ((3, 3), 0.05, "3 + 3 runs cannot show anything; 4 + 4 could"),
        ((4, 4), 0.05, None),
        ((4, 4), 0.01, "4 + 4 runs cannot show anything; 5 + 5 could"),
        ((1, 9), 0.05, "1 + 9 runs cannot show anything; 4 + 4 could"),
        ((2, 60), 0.05, "2 + 60 runs; a verdict needs 4 + 4"),
        ((0, 6), 0.05, "0 + 6 runs cannot show anything; 4 + 4 could"),
    ],
)
def test_what_cannot_be_found_names_the_runs_that_could(
    runs: tuple[int, int], alpha: float, reason: str | None
) -> None:
    assert too_few_runs(runs, replace(Rules(), alpha=alpha)) == reason


def test_a_reason_is_given_for_a_metric_that_both_sides_have() -> None:
    base, head = (
        [replace(each, metrics={}, histograms={}, left_out=("m: a sample is zero",)) for each in side(commit)]
        for commit in ("base", "head")
    )
    with pytest.raises(Inconclusive, match="left out: m: a sample is zero"):
        compare(base, head, RULES)


def test_swapped_sides_give_the_inverse_of_every_row() -> None:
    """Rule: p-values are equal, ratios and intervals inverse, and better and worse change places."""
    base, head = side("base", spread=0.02), side("head", rate=0.9e6, latency=1.3, spread=0.02)
    there, back = compare(base, head, RULES), compare(head, base, RULES)
    opposite = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    for one, other in zip(there.metrics, back.metrics, strict=True):
        assert (one.p_value, one.p_adjusted) == (other.p_value, other.p_adjusted)
        assert one.ratio is not None
        assert one.low is not None
        assert other.ratio == pytest.approx(1 / one.ratio)
        assert other.high == pytest.approx(1 / one.low)
        verdict = one.decision.verdict
        assert other.decision.verdict == opposite.get(verdict, verdict)
    assert {row.decision.verdict for row in there.metrics} >= {Verdict.WORSE}
