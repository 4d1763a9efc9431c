"""Two metrics of one run, or the values of a parameter, compared sample by sample."""

from __future__ import annotations

import pytest

from obrelease.analysis.comparison.within_run import NOTE, compare_within
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.analysis.summary.run import Run, Summary
from obrelease.errors import NotFound, UsageError
from tests.made_up_metrics import metric, side_of


def samples(level: float, count: int = 10) -> list[float]:
    return [level * (1 + 0.002 * (place % 5)) for place in range(count)]


def builds(count: int = 10) -> Run:
    """Three builds, as hyperfine records them."""
    rows = [
        metric(f"build -j{n}", *samples(8.0 / n, count), parameters={"threads": str(n)}) for n in (1, 2, 4)
    ]
    rows += [metric("lint", *samples(3.0, count)), metric("size", *samples(3.0, count), unit="B")]
    return side_of("base", [rows])[0]


@pytest.mark.parametrize(
    "names", [["build -j1", "build -j4"], ["threads=1", "threads=4"], ["build -j1", "threads=4"]]
)
def test_two_metrics_by_name_or_parameter(names: list[str]) -> None:
    (row,) = compare_within(builds(), names).metrics
    assert row.name == "build -j4 against build -j1"
    assert row.ratio == pytest.approx(0.25)
    assert (str(row.decision.verdict), row.base_runs, row.head_runs) == ("better", 10, 10)
    assert row.p_method == "sampled"


def test_all_values_of_a_parameter() -> None:
    found = compare_within(builds(), ["threads"])
    assert [(row.name, row.ratio) for row in found.metrics] == [
        ("build -j2 against build -j1", pytest.approx(0.5)),
        ("build -j4 against build -j1", pytest.approx(0.25)),
    ]
    assert NOTE in found.notes


def test_few_samples_show_nothing_and_the_message_is_of_samples() -> None:
    (row,) = compare_within(builds(3), ["build -j1", "lint"]).metrics
    assert row.decision.reason == "3 + 3 samples cannot show anything; 4 + 4 could"
    one = side_of(
        "base", [[metric("a", summary=Summary(2.0, "mean")), metric("b", summary=Summary(3.0, "mean"))]]
    )
    assert compare_within(one[0], ["a", "b"]).metrics[0].ratio == pytest.approx(1.5)


def test_long_series_are_compared_in_batches_with_their_tails() -> None:
    noise = RandomStream(1, "within").normal((2, 30_000)) * 0.01
    rows = [
        metric("fast", *(100 + 100 * noise[0]).tolist()),
        metric("slow", *(100 + 100 * noise[1] + 50 * (noise[0] > 0.0234)).tolist()),
    ]
    found = {row.name: row for row in compare_within(side_of("base", [rows])[0], ["fast", "slow"]).metrics}
    title = "slow against fast"
    assert list(found) == [title, f"{title} p90", f"{title} p99", f"{title} spread"]
    assert found[title].base_runs == 30
    assert str(found[title].decision.verdict) == "same"


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ([], UsageError, "two metrics, or one parameter"),
        (["a", "b", "c"], UsageError, "two metrics, or one parameter"),
        (["build -j1", "build -j9"], NotFound, "no metric 'build -j9'; it has: build -j1"),
        (["threads=3", "lint"], NotFound, "no metric 'threads=3'"),
        (["lint", "size"], UsageError, "have the units ns and B"),
        (["cores"], NotFound, "the parameters are: threads"),
    ],
)
def test_refused_names_give_the_reason(names: list[str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        compare_within(builds(), names)
