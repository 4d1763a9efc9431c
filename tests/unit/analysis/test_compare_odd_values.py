"""Right answers for values that have no log, do not vary, or do not fit: nothing is dropped in silence."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest

from obrelease.analysis.comparison.compare import MetricComparison, compare
from obrelease.analysis.comparison.to_json import comparison_json
from obrelease.analysis.summary.run import Run, Summary
from obrelease.models.labels_and_directions import Direction
from tests.made_up_metrics import metric, side_of

INFINITE = math.inf
CHANGED = "significant and large enough"
BEYOND = "the interval reaches beyond 2 %"
FEW = "runs cannot show anything; 4 + 4 could"
VARIED = (99.0, 100.0, 101.0, 100.5, 99.5, 100.0)


def compared(
    base: Sequence[float], head: Sequence[float], direction: Direction | None = "lower"
) -> MetricComparison:
    """One metric with one value in each run."""
    sides = (
        side_of(name, [[metric("m", value, direction=direction)] for value in values])
        for name, values in (("base", base), ("head", head))
    )
    (found,) = compare(*sides).metrics
    return found


@pytest.mark.parametrize(
    ("base", "head", "ratio", "verdict", "reason"),
    [
        ([5] * 6, [5] * 6, 1.0, "same", "no run differs"),  # constant and equal
        pytest.param([5] * 6, [6] * 6, 1.2, "worse", CHANGED, id="constants that differ"),
        ([5] * 6, [5.05] * 6, 1.01, "same", "within 2 %"),  # constants that differ a little
        ([0] * 6, [0] * 6, 1.0, "same", "no run differs"),  # zeros
        ([0] * 6, [3] * 6, INFINITE, "worse", CHANGED),  # from zero
        ([3] * 6, [0] * 6, 0.0, "better", CHANGED),  # to zero
        pytest.param(
            [0, 1, 0, 1, 0, 1],
            [1, 0, 1, 0, 1, 0],
            1.0,
            "cannot tell",
            BEYOND,
            id="zeros among values",
        ),
        pytest.param(
            [0, *VARIED[1:]],
            [v * 9 for v in VARIED],
            10.78,
            "worse",
            CHANGED,
            id="a zero among values",
        ),
        ([-v for v in VARIED], [-v for v in VARIED], None, "same", "within 2 %"),  # negative
        pytest.param(
            [-v for v in VARIED],
            [-v / 2 for v in VARIED],
            None,
            "worse",
            CHANGED,
            id="negative and nearer to zero",
        ),
        pytest.param(
            [-1, 1, -1, 1, -1, 1],
            [99, 101] * 3,
            INFINITE,
            "worse",
            CHANGED,
            id="around zero",
        ),
        pytest.param(
            [1e-300] * 6,
            [1e300] * 6,
            INFINITE,
            "worse",
            CHANGED,
            id="beyond double range",
        ),
        pytest.param(
            [1e300] * 6,
            [5e-324] * 6,
            0.0,
            "better",
            CHANGED,
            id="beyond double range, falling",
        ),
        ([1.7e308] * 6, [1.7e308] * 6, 1.0, "same", "no run differs"),  # the largest doubles
        pytest.param(VARIED, [v * 1.5 for v in VARIED], 1.5, "worse", CHANGED, id="plain"),
        pytest.param([7], [9], 9 / 7, "cannot tell", f"1 + 1 {FEW}", id="one value"),
        pytest.param(
            [7] * 3,
            [900] * 3,
            900 / 7,
            "cannot tell",
            f"3 + 3 {FEW}",
            id="three and three",
        ),
        pytest.param(
            [7] * 3,
            [900] * 6,
            900 / 7,
            "cannot tell",
            "3 + 6 runs; a verdict needs 4 + 4",
            id="three and six",
        ),
        pytest.param(
            [7, 7, 7, 8],
            [70, 70, 70, 80],
            10.0,
            "worse",
            CHANGED,
            id="ties, four and four",
        ),
    ],
)
def test_right_answers(
    base: list[float], head: list[float], ratio: float | None, verdict: str, reason: str
) -> None:
    found = compared(base, head)
    assert found.ratio == (None if ratio is None else pytest.approx(ratio, rel=2e-3))
    assert str(found.decision.verdict) == verdict
    assert found.decision.reason == reason
    if found.ratio not in (None, INFINITE) and found.low is not None and found.high is not None:
        assert found.low <= found.ratio * (1 + 1e-12)
        assert found.ratio <= found.high * (1 + 1e-12)


def test_a_metric_without_a_direction_changes_and_is_neither_better_nor_worse() -> None:
    found = compared(VARIED, [v * 2 for v in VARIED], direction=None)
    assert str(found.decision.verdict) == "changed"
    assert not found.decision.not_worse
    assert compared(VARIED, VARIED, direction=None).decision.not_worse


def test_higher_is_better_the_other_way_round() -> None:
    assert str(compared(VARIED, [v * 2 for v in VARIED], "higher").decision.verdict) == "better"
    assert str(compared([0] * 6, [3] * 6, "higher").decision.verdict) == "better"
    assert str(compared([3] * 6, [0] * 6, "higher").decision.verdict) == "worse"


def test_infinite_ratios_are_null_in_json() -> None:
    base, head = (
        side_of(name, [[metric("m", value)] for _ in range(6)])
        for name, value in (("base", 0.0), ("head", 3.0))
    )
    document = comparison_json(compare(base, head))
    (row,) = document["metrics"]
    assert (row["ratio"], row["base"], row["head"], row["verdict"]) == (None, 0.0, 3.0, "worse")
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize(
    ("one", "other", "factor", "unit"),
    [
        ("ms", "ns", 1e6, "ns"),
        ("us", "s", 1e-6, "ns"),
        ("MiB", "B", 2.0**20, "B"),
        ("ms/op", "us/op", 1e3, "ns/1"),
        ("ops/ms", "ops/s", 1e3, "1/ns"),
    ],
)
def test_units_that_convert_compare(one: str, other: str, factor: float, unit: str) -> None:
    base = side_of("base", [[metric("m", value, unit=one)] for value in VARIED])
    head = side_of("head", [[metric("m", value * factor * 1.1, unit=other)] for value in VARIED])
    (found,) = compare(base, head).metrics
    assert found.ratio == pytest.approx(1.1)
    assert found.unit == unit


def test_one_zero_among_samples_does_not_silence_the_metric() -> None:
    samples = [0.0, *(100.0 + 0.01 * place for place in range(119))]
    base = side_of("base", [[metric("m", *samples)] for _ in range(6)])
    head = side_of("head", [[metric("m", *(2 * value for value in samples))] for _ in range(6)])
    found = {row.name: row for row in compare(base, head).metrics}
    assert found["m"].ratio == pytest.approx(2.0)
    assert str(found["m"].decision.verdict) == "worse"


def with_slow_samples(side: str, runs: int, count: int, every: int, slow: float) -> list[Run]:
    """Runs of one metric, of whose samples every tenth, for example, is slow."""

    def samples(number: int) -> list[float]:
        return [
            (slow if place % every == 3 else 1.0) * (100 + place / count + 0.05 * number)
            for place in range(count)
        ]

    return side_of(side, [[metric("m", *samples(number))] for number in range(runs)])


def test_a_tenth_of_slow_samples_is_seen_though_the_median_is_the_same() -> None:
    base, head = with_slow_samples("base", 6, 30, 10, 1.0), with_slow_samples("head", 6, 30, 10, 10.0)
    found = {row.name: row for row in compare(base, head).metrics}
    assert list(found) == ["m", "m spread"]
    assert str(found["m"].decision.verdict) == "same"
    assert str(found["m spread"].decision.verdict) == "worse"
    assert not found["m spread"].headline


def test_the_tail_of_long_series_is_a_row_of_its_own() -> None:
    base, head = with_slow_samples("base", 4, 1_000, 20, 1.0), with_slow_samples("head", 4, 1_000, 20, 10.0)
    found = {row.name: str(row.decision.verdict) for row in compare(base, head).metrics}
    assert found == {"m": "same", "m p90": "same", "m p99": "worse", "m spread": "worse"}


def test_summaries_compare_run_by_run() -> None:
    def summary(value: float, count: int | None) -> Summary:
        return Summary(value, "median", count, {"p90": 2 * value, "stddev": 0.1 * value})

    def side(name: str, factor: float, count: int | None) -> list[Run]:
        runs = [[metric("m", summary=summary(factor * value, count))] for value in VARIED]
        return side_of(name, runs)

    known = compare(side("base", 1.0, 200), side("head", 1.5, 200)).metrics
    assert [(row.name, str(row.decision.verdict)) for row in known] == [
        ("m", "worse"),
        ("m p90", "worse"),
        ("m spread", "same"),
    ]
    unknown = compare(side("base", 1.0, None), side("head", 1.5, None)).metrics
    assert [row.name for row in unknown] == ["m"]
