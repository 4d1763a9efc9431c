"""The statistics under every verdict, each against the rule that defines it."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.histograms.histogram_log import decode, merge
from obrelease.analysis.statistics.max_t import (
    VARIANCE_FLOOR,
    MetricTable,
    PreparedTable,
    StepDownResult,
    step_down,
)
from obrelease.analysis.statistics.mean_difference import mean_difference
from obrelease.analysis.statistics.run_splits import MAX_SPLITS, number_of_splits, run_splits
from obrelease.analysis.statistics.sample_figures import LOCATION, SPREAD, sample_figures

Floats = NDArray[np.float64]

VALUES = st.floats(-3, 3).map(lambda value: round(value, 3))
SIZES = st.tuples(st.integers(2, 4), st.integers(2, 4))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Floats, NDArray[np.bool_]]:
    """A few metrics of a few runs; some runs may lack a metric."""
    base, head = draw(SIZES)
    metrics = draw(st.integers(1, 4))
    cells = st.one_of(VALUES, VALUES, VALUES, st.just(math.nan))
    values = np.array([[draw(cells) for _ in range(base + head)] for _ in range(metrics)])
    order = draw(st.permutations(range(base + head)))
    return values, np.array([place < base for place in order])


def stepped_down(values: Floats, in_base: NDArray[np.bool_], *, draws: int = 500) -> StepDownResult:
    metrics = values.shape[0]
    table = MetricTable(values, in_base, np.zeros(metrics, dtype=np.int64), np.ones(metrics))
    (result,) = step_down([PreparedTable.of(table, draws=draws, seed=1)])
    return result


def plain_statistics(values: Floats, in_base: NDArray[np.bool_]) -> list[float]:
    """The definition, metric by metric in plain Python: |d| / sqrt((s^2 + floor) (1/n + 1/m))."""
    parts = []
    for row in values:
        one = [float(v) for v, here in zip(row, in_base, strict=True) if here and not math.isnan(v)]
        two = [float(v) for v, here in zip(row, in_base, strict=True) if not here and not math.isnan(v)]
        together = one + two
        freedom = len(together) - 2
        varies = len(set(together)) > 1
        if not one or not two or freedom <= 0:
            within = sum((v - sum(together) / len(together)) ** 2 for v in together) if together else 0.0
            parts.append((0.0, within / max(freedom, 1), 1.0, varies and freedom > 0))
            continue
        means = sum(one) / len(one), sum(two) / len(two)
        squares = sum((v - means[0]) ** 2 for v in one) + sum((v - means[1]) ** 2 for v in two)
        parts.append((abs(means[0] - means[1]), squares / freedom, 1 / len(one) + 1 / len(two), varies))
    varying = [variance for _, variance, _, varies in parts if varies]
    floor = VARIANCE_FLOOR * float(np.median(varying)) if varying else 0.0
    found = []
    for difference, variance, sizes, _ in parts:
        error = math.sqrt((variance + floor) * sizes)
        small = difference < 1e-12
        found.append(0.0 if small else math.inf if error < 1e-12 else difference / error)
    return found


@settings(max_examples=60)
@given(tables())
def test_adjusted_p_values_are_those_of_the_step_down_over_all_divisions(
    table: tuple[Floats, NDArray[np.bool_]],
) -> None:
    """Rule: Westfall and Young, algorithm 2.8: the share of divisions whose largest statistic among this and
    all smaller ones reaches the observed one, never below that of a larger one."""
    values, in_base = table
    runs, chosen = in_base.size, int(in_base.sum())
    observed = plain_statistics(values, in_base)
    order = sorted(range(len(observed)), key=lambda place: -observed[place])
    divisions = [
        plain_statistics(values, np.isin(np.arange(runs), places))
        for places in combinations(range(runs), chosen)
    ]
    expected = [0.0] * len(observed)
    largest = 0.0
    for step, place in enumerate(order):
        rest = order[step:]
        reached = sum(
            max(found[other] for other in rest) >= observed[place] * (1 - 1e-9) for found in divisions
        )
        largest = max(largest, reached / len(divisions))
        expected[place] = largest
    result = stepped_down(values, in_base)
    pairs = [pair for found in divisions for pair in zip(observed, found, strict=True)]
    assume(not any(0 < abs(one - other) <= 1e-6 * one for one, other in pairs if math.isfinite(one - other)))
    assert result.p_adjusted.tolist() == pytest.approx(expected)
    alone = [
        sum(found[place] >= observed[place] * (1 - 1e-9) for found in divisions) / len(divisions)
        for place in range(len(observed))
    ]
    assert result.p_value.tolist() == pytest.approx(alone)


@given(tables())
def test_the_sides_may_be_swapped(table: tuple[Floats, NDArray[np.bool_]]) -> None:
    """Rule: a two-sided test is symmetric in its sides, to the last bit."""
    values, in_base = table
    one, other = stepped_down(values, in_base), stepped_down(values, ~in_base)
    assert one.p_adjusted.tolist() == other.p_adjusted.tolist()


@given(tables(), st.integers(1, 3))
def test_the_order_of_metrics_does_not_matter(table: tuple[Floats, NDArray[np.bool_]], by: int) -> None:
    """Rule: the p-value of a metric is its own, whichever metric comes first."""
    values, in_base = table
    places = np.roll(np.arange(values.shape[0])[::-1], by)
    plain, moved = stepped_down(values, in_base), stepped_down(values[places], in_base)
    assert moved.p_adjusted.tolist() == pytest.approx(plain.p_adjusted[places].tolist())


@given(tables(), st.floats(-5, 5), st.floats(0.1, 10))
def test_units_do_not_matter(table: tuple[Floats, NDArray[np.bool_]], by: float, factor: float) -> None:
    """Rule: another origin and another unit of all metrics change no p-value, ties apart."""
    values, in_base = table
    statistics = stepped_down(values, in_base)
    moved = stepped_down(values * factor + by, in_base)
    finite = np.isfinite(statistics.statistic)
    assert moved.statistic[finite].tolist() == pytest.approx(statistics.statistic[finite].tolist(), rel=1e-6)


@given(tables())
def test_correction_never_helps_and_keeps_the_order(table: tuple[Floats, NDArray[np.bool_]]) -> None:
    """Rule: adjusted p-values are no smaller than plain ones, at most 1, and monotone in the statistic."""
    result = stepped_down(*table)
    assert (result.p_adjusted >= result.p_value - 1e-12).all()
    assert (result.p_adjusted <= 1 + 1e-12).all()
    ranked = sorted(zip(-result.statistic, result.p_adjusted, strict=True))
    assert all(before[1] <= after[1] + 1e-12 for before, after in pairwise(ranked))


@given(tables(), tables())
def test_tables_of_other_runs_share_one_level(
    one: tuple[Floats, NDArray[np.bool_]], other: tuple[Floats, NDArray[np.bool_]]
) -> None:
    """Rule: with a second table p-values can only grow."""
    prepared = []
    for values, in_base in (one, other):
        count = values.shape[0]
        table = MetricTable(values, in_base, np.zeros(count, dtype=np.int64), np.ones(count))
        prepared.append(PreparedTable.of(table, draws=500, seed=1))
    alone, together = step_down(prepared[:1])[0], step_down(prepared)[0]
    assert (together.p_adjusted >= alone.p_adjusted - 1e-12).all()
    assert step_down([]) == ()


def test_sampled_divisions_agree_with_all_of_them() -> None:
    """Rule: a sample of divisions estimates the p-value, counts the observed one, and is never zero."""
    stream = np.random.default_rng(5)
    values = stream.normal(size=(3, 20)) * 0.01
    in_base = np.arange(20) % 2 == 0
    values[0, in_base] += 0.01
    values[2, in_base] += 5
    assert number_of_splits(10, 10) > MAX_SPLITS
    few, many = stepped_down(values, in_base, draws=2_000), stepped_down(values, in_base, draws=40_000)
    assert few.p_adjusted[2] == pytest.approx(1 / 2_001)
    assert few.p_value[0] == pytest.approx(many.p_value[0], abs=0.02)
    one, again, other = (run_splits(10, 10, draws=100, seed=seed).chosen.tolist() for seed in (1, 1, 2))
    assert one == again
    assert one != other


@given(st.integers(1, 6), st.integers(1, 6))
def test_divisions_are_all_and_different(base: int, head: int) -> None:
    """Rule: every division once; with equal sides a division and its mirror image are one."""
    splits = run_splits(base, head, draws=10, seed=0)
    smaller = min(base, head)
    rows = {tuple(row) for row in splits.chosen.tolist()}
    assert splits.complete
    assert len(rows) == splits.number == number_of_splits(base, head)
    assert all(sum(row) == smaller for row in rows)
    assert base != head or all(tuple(not here for here in row) not in rows for row in rows)


@given(st.lists(VALUES, min_size=2, max_size=7), st.lists(VALUES, min_size=2, max_size=7), st.floats(-1, 1))
def test_the_difference_moves_with_the_data(first: list[float], second: list[float], by: float) -> None:
    """Rule: moving a side by d moves estimate and interval by d; swapping the sides negates them."""
    a, b = np.array([first]), np.array([second])
    plain, moved, swapped = (
        mean_difference(one, two, confidence=0.95) for one, two in ((a, b), (a, b + by), (b, a))
    )
    assert moved.difference[0] == pytest.approx(plain.difference[0] + by, abs=1e-9)
    assert moved.low[0] == pytest.approx(plain.low[0] + by, abs=1e-9)
    assert swapped.high[0] == pytest.approx(-plain.low[0], abs=1e-9)
    assert plain.low[0] <= plain.difference[0] <= plain.high[0]


def test_the_interval_is_that_of_welch() -> None:
    """Rule: what SciPy gives (`ttest_ind(two, one, equal_var=False).confidence_interval()`)."""
    one = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    two = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9]
    found = mean_difference(np.array([one]), np.array([two]), confidence=0.95)
    assert found.difference[0] / found.error[0] == pytest.approx(2.835264)
    assert (found.low[0], found.high[0]) == pytest.approx((0.766888, 4.766445), abs=1e-4)
    found = mean_difference(np.array([one[:4]]), np.array([two[:9]]), confidence=0.95)
    assert (found.low[0], found.high[0]) == pytest.approx((-4.656447, 6.395337), abs=0.02)


def test_missing_values_and_lone_values_have_no_interval() -> None:
    base = np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 2.0]])
    head = np.array([[3.0, 4.0], [1.0, 2.0], [2.0, 2.0]])
    found = mean_difference(base, head, confidence=0.95)
    assert found.difference.tolist()[0] == 2.5
    assert np.isnan(found.difference[1])
    assert np.isnan(found.low[0])
    assert (found.low[2], found.high[2], found.error[2]) == (0.0, 0.0, 0.0)


@given(st.lists(st.floats(0.1, 1e9), min_size=1, max_size=30), st.floats(0.5, 4))
def test_figures_of_samples_scale_and_the_spread_does_not(samples: list[float], factor: float) -> None:
    """Rule: the location is one of the samples and scales with them; a spread is a share, without a unit."""
    plain, scaled = sample_figures(samples), sample_figures([factor * value for value in samples])
    assert plain[LOCATION] in samples
    assert scaled[LOCATION] == pytest.approx(factor * plain[LOCATION])
    assert scaled.get(SPREAD, 0.0) == pytest.approx(plain.get(SPREAD, 0.0), abs=1e-9)
    assert (SPREAD in plain) == (len(samples) >= 8)


@pytest.mark.parametrize("count", [99, 100, 511, 512, 999, 1_000, 5_000])
def test_percentiles_of_samples_are_order_statistics(count: int) -> None:
    """Rule: p90 and p99 are the smallest values that 90 and 99 % do not exceed, with ten samples beyond."""
    samples = [float(value) for value in np.random.default_rng(1).permutation(count) + 1]
    figures = sample_figures(samples)
    assert figures[LOCATION] == (count + 1) // 2
    assert figures.get("p90") == (math.ceil(0.9 * count) if count >= 100 else None)
    assert figures.get("p99") == (math.ceil(0.99 * count) if count >= 1_000 else None)
    assert figures[SPREAD] == pytest.approx(0.5, abs=0.02)


@given(st.lists(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), min_size=1, max_size=4))
def test_merged_intervals_hold_what_one_histogram_of_all_values_holds(parts: list[list[int]]) -> None:
    """Rule: counts of equal buckets add up."""
    one = decode(encode(np.array([value for part in parts for value in part], dtype=np.int64)).hlog)
    many = merge([decode(encode(np.array(part, dtype=np.int64)).hlog) for part in parts])
    assert many.upper_ns.tolist() == one.upper_ns.tolist()
    assert many.lower_ns.tolist() == one.lower_ns.tolist()
    assert many.counts.tolist() == one.counts.tolist()
