"""Rows that a reader asks for: only changed ones, in an order, with geometric means below."""

from __future__ import annotations

import pytest

from obrelease.analysis.comparison.arrange_metrics import SortKey, arrange
from obrelease.analysis.comparison.compare import compare
from obrelease.analysis.summary.run import Run
from obrelease.cli.rendering.comparison import comparison_text
from tests.made_up_metrics import metric, noisy_side, side_of

BASE = {"c": 100.0, "a": 100.0, "b": 100.0, "d": 100.0}
HEAD = {"c": 100.0, "a": 300.0, "b": 10.0, "d": 150.0}


def test_only_changed_rows_are_listed_and_the_others_counted() -> None:
    found = arrange(compare(noisy_side("base", BASE), noisy_side("head", HEAD)), only_changed=True)
    assert [row.name for row in found.metrics] == ["a", "b", "d"]
    assert found.notes[-1] == "rows that are not listed, because they did not change: 1 same"


@pytest.mark.parametrize(
    ("key", "names"),
    [("name", "abcd"), ("ratio", "adcb"), ("change", "badc"), ("verdict", "adbc"), (None, "cabd")],
)
def test_rows_are_sorted(key: SortKey | None, names: str) -> None:
    found = arrange(compare(noisy_side("base", BASE), noisy_side("head", HEAD)), sort=key)
    assert "".join(row.name for row in found.metrics) == names


def test_rows_of_one_metric_stay_together() -> None:
    def samples(level: float, slow: float) -> list[float]:
        return [*(level + 0.01 * place for place in range(7)), level * slow]

    def runs(name: str, slow: float) -> list[Run]:
        rows = [[metric(key, *samples(level, slow)) for key, level in BASE.items()] for _ in range(4)]
        return side_of(name, rows)

    found = arrange(compare(runs("base", 1.0), runs("head", 90.0)), sort="name")
    names = [row.name for row in found.metrics]
    assert names == [name for key in "abcd" for name in (key, f"{key} spread")]


def test_geometric_means_are_of_each_group_and_unit() -> None:
    def runs(name: str, factor: float) -> list[Run]:
        rows = [
            [
                metric("x", 2.0 + 0.001 * n, group="io"),
                metric("y", (8.0 + 0.001 * n) * factor, group="io"),
                metric("z", 8.0, group="cpu"),
                metric("r", 9.0, unit="1/s", direction="higher"),
            ]
            for n in range(4)
        ]
        return side_of(name, rows)

    found = compare(runs("base", 1.0), runs("head", 4.0))
    (mean,) = found.group_means
    assert (mean.group, mean.unit, mean.metrics) == ("io", "ns", 2)
    assert mean.ratio == pytest.approx(2.0)
    assert mean.low is not None
    assert mean.high is not None
    assert mean.low < 2.0 < mean.high < 2.01
    assert "GEOMETRIC MEAN" in comparison_text(found)
