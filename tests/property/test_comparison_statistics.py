"""The statistics under every verdict, each against the rule that defines it."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.histograms.histogram_log import decode, merge
from obrelease.analysis.statistics.bootstrap import resample_passes, resample_shifts, shift
from obrelease.analysis.statistics.false_discovery import benjamini_hochberg
from obrelease.analysis.statistics.mann_whitney import (
    MAX_EXACT_RUNS,
    critical_distance,
    mann_whitney,
    min_p_value,
)
from obrelease.analysis.statistics.power import detectable_percent, t_quantile, tail_level
from obrelease.analysis.statistics.random_stream import RandomStream

SMALL = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)
P_VALUES = st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=12)
LOGS = st.lists(st.floats(-3, 3), min_size=2, max_size=7)


def enumerated(first: list[float], second: list[float]) -> float:
    """The two-sided p-value from every possible division of the pooled midranks."""
    pooled = first + second
    ranks = [sum(o < v for o in pooled) + (1 + sum(o == v for o in pooled)) / 2 for v in pooled]
    middle = len(second) * (len(pooled) + 1) / 2
    seen = abs(sum(ranks[len(first) :]) - middle)
    sums = [sum(chosen) for chosen in combinations(ranks, len(second))]
    return sum(abs(total - middle) >= seen - 1e-9 for total in sums) / len(sums)


@given(SMALL, SMALL)
def test_the_exact_p_value_is_the_share_of_all_divisions(first: list[float], second: list[float]) -> None:
    """Rule: p is the share of all divisions of the pooled ranks as far from the middle, with ties."""
    assert mann_whitney(first, second).p_value == pytest.approx(enumerated(first, second))


@given(SMALL, SMALL)
def test_u_counts_pairs(first: list[float], second: list[float]) -> None:
    """Rule: U is the number of pairs in which the second is greater, a tie being half a pair."""
    pairs = sum((b > a) + (b == a) / 2 for a in first for b in second)
    assert mann_whitney(first, second).u == pairs


@given(SMALL, SMALL)
def test_the_sides_may_be_swapped(first: list[float], second: list[float]) -> None:
    """Rule: a two-sided test is symmetric in its samples."""
    swapped = mann_whitney(second, first).p_value
    assert mann_whitney(first, second).p_value == pytest.approx(swapped)


@given(st.integers(1, 8), st.integers(1, 8))
def test_complete_separation_gives_the_least_p_value(first: int, second: int) -> None:
    """Rule: of all C(n + m, n) divisions only the two extreme ones separate the samples."""
    low, high = [float(i) for i in range(first)], [100.0 + i for i in range(second)]
    assert mann_whitney(low, high).p_value == pytest.approx(min_p_value(first, second))


def test_known_least_p_values() -> None:
    assert min_p_value(4, 4) == pytest.approx(0.029, abs=5e-4)
    assert min_p_value(6, 6) == pytest.approx(0.0022, abs=5e-5)


def test_large_samples_use_the_normal_approximation_and_agree_with_the_exact_test() -> None:
    first, second = [float(2 * i) for i in range(30)], [2.0 * i + 11 for i in range(30)]
    exact, normal = mann_whitney(first, second), mann_whitney([*first, 29.0], second)
    assert len(first) + len(second) == MAX_EXACT_RUNS
    assert (exact.method, normal.method) == ("exact", "normal")
    assert normal.p_value == pytest.approx(exact.p_value, rel=0.25)
    assert mann_whitney([1.0] * 40, [1.0] * 40).p_value == 1.0


@given(P_VALUES, st.floats(0.001, 0.5))
def test_adjusted_values_find_what_the_step_up_rule_finds(p_values: list[float], level: float) -> None:
    """Rule: let k be the largest with p(k) <= k / m * level; then the k smallest are the findings."""
    ranked = sorted(p_values)
    passing = [p for k, p in enumerate(ranked, start=1) if p <= k * level / len(ranked)]
    bound = max(passing, default=-1.0)
    near = any(abs(p * len(ranked) / k - level) < 1e-12 for k, p in enumerate(ranked, start=1))
    if not near:
        found = [adjusted <= level for adjusted in benjamini_hochberg(p_values)]
        assert found == [p <= bound for p in p_values]


@given(P_VALUES)
def test_adjusting_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    """Rule: adjusted p-values are monotone in the raw ones, no smaller than they, and at most 1."""
    adjusted = benjamini_hochberg(p_values)
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert all(before[1] <= after[1] for before, after in pairwise(pairs))
    assert all(raw <= after <= 1 for raw, after in pairs)


@given(LOGS, LOGS, st.floats(-1, 1))
def test_the_shift_moves_with_the_data(first: list[float], second: list[float], by: float) -> None:
    """Rule: moving one side by d moves the Hodges-Lehmann estimate by d; swapping the sides negates it."""
    a, b = np.array(first)[:, None], np.array(second)[:, None]
    assert shift(a, b + by)[0] == pytest.approx(shift(a, b)[0] + by)
    assert shift(b, a)[0] == pytest.approx(-shift(a, b)[0])


@settings(max_examples=25)
@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=8), st.integers(0, 2**64 - 1))
def test_identical_sides_have_one_inside_their_interval(samples: list[float], seed: int) -> None:
    """Rule: data compared with itself cannot exclude that nothing changed."""
    drawn = np.stack([np.full((10, 1), math.log(value)) for value in samples])
    replicates = resample_shifts(drawn, drawn, resamples=400, stream=RandomStream(seed))[:, 0]
    tail = tail_level(0.95, len(samples), len(samples))
    low, high = np.quantile(replicates, (tail, 1 - tail))
    assert low <= 1e-12
    assert high >= -1e-12


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=9), st.integers(0, 100))
def test_passes_drawn_again_stay_among_the_passes(samples: list[float], seed: int) -> None:
    """Rule: a resampled median is between the least and the greatest sample."""
    drawn = np.exp(resample_passes(samples, RandomStream(seed)))
    assert min(samples) * (1 - 1e-9) <= drawn.min()
    assert drawn.max() <= max(samples) * (1 + 1e-9)


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), min_size=1, max_size=4))
def test_merged_intervals_hold_what_one_histogram_of_all_values_holds(parts: list[list[int]]) -> None:
    """Rule: counts of equal buckets add up."""
    one = decode(encode(np.array([value for part in parts for value in part], dtype=np.int64)).hlog)
    many = merge([decode(encode(np.array(part, dtype=np.int64)).hlog) for part in parts])
    assert many.upper_ns.tolist() == one.upper_ns.tolist()
    assert many.lower_ns.tolist() == one.lower_ns.tolist()
    assert many.counts.tolist() == one.counts.tolist()


@pytest.mark.parametrize(
    ("level", "freedom", "value"),
    [(0.975, 6, 2.447), (0.995, 6, 3.707), (0.8, 6, 0.906), (0.975, 10, 2.228), (0.975, 120, 1.980)],
)
def test_student_quantiles_are_those_of_the_tables(level: float, freedom: int, value: float) -> None:
    assert t_quantile(level, freedom) == pytest.approx(value, rel=2e-3)


@given(LOGS, LOGS)
def test_more_metrics_need_a_larger_effect(first: list[float], second: list[float]) -> None:
    """Rule: correcting for more metrics can only raise the least detectable effect, up to none at all."""
    one = detectable_percent(first, second, alpha=0.4, metrics=1)
    three = detectable_percent(first, second, alpha=0.4, metrics=3)
    assert three is None or (one is not None and three >= one)


def test_where_separation_is_no_finding_nothing_is_detectable() -> None:
    runs = [0.0, 0.1, 0.2, 0.3]
    assert detectable_percent(runs, runs, alpha=0.05, metrics=1) is not None
    assert detectable_percent(runs, runs, alpha=0.05, metrics=2) is None


@pytest.mark.parametrize(("first", "second", "level"), [(4, 4, 0.05), (6, 6, 0.01), (5, 7, 0.02)])
def test_the_critical_distance_is_the_first_that_is_a_finding(first: int, second: int, level: float) -> None:
    """Rule: at the critical distance of U the exact p-value is at or under the level, nearer it is above."""
    critical = critical_distance(first, second, level)
    assert critical is not None
    middle = first * second / 2
    p_by_distance: dict[float, float] = {}
    for wins in range(first * second + 1):
        full, rest = divmod(wins, first)
        head = [2.0 * first + 1 + i for i in range(full)]
        head += [2.0 * rest + 0.001 * (i + 1) if i == 0 else 0.001 * i for i in range(second - full)]
        test = mann_whitney([2.0 * i + 1 for i in range(first)], head)
        p_by_distance[abs(test.u - middle)] = test.p_value
    assert all((p <= level) == (distance >= critical) for distance, p in p_by_distance.items())
