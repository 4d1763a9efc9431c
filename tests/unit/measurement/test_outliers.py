"""Outliers by hyperfine's rule."""

from __future__ import annotations

import pytest

from obrelease.measurement.outliers import count_outliers


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0], 0),
        ([1.0, 1.0, 1.0], 0),
        ([1.0, 1.0, 1.0, 1.1], 1),
        ([1.0, 1.1, 0.9, 1.05, 0.95, 1.2], 0),
        ([1.0, 1.1, 0.9, 1.05, 0.95, 9.0], 1),
        ([1.0, 1.1, 0.9, 1.05, 0.95, 9.0, -9.0], 2),
    ],
)
def test_values_far_from_the_median_are_counted(values: list[float], expected: int) -> None:
    assert count_outliers(values) == expected
