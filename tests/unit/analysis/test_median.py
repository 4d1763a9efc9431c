"""One median for every command: the lower middle value."""

from __future__ import annotations

from statistics import StatisticsError

import numpy as np
import pytest

from obrelease.analysis.statistics.median import median, median_of_rows


@pytest.mark.parametrize(
    ("values", "middle"), [([3, 1, 2], 2), ([4, 1, 3, 2], 2), ([7], 7), ([0.5, 2.5], 0.5)]
)
def test_the_median_is_the_lower_middle_value(values: list[float], middle: float) -> None:
    assert median(values) == middle
    assert type(median(values)) is type(middle)
    rows = np.array([values, values[::-1]], dtype=np.float64)
    assert median_of_rows(rows).tolist() == [middle, middle]
    assert rows[0].tolist() == values


def test_no_value_has_no_median() -> None:
    with pytest.raises(StatisticsError):
        median([])
