"""Quantiles of Student's t, against those of SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from obrelease.analysis.statistics.student_t import t_distribution, t_quantile, t_quantiles


@pytest.mark.parametrize(
    ("level", "freedom", "value"),
    [
        (0.975, 1, 12.706205),
        (0.975, 2, 4.302653),
        (0.975, 6, 2.446912),
        (0.995, 6, 3.707428),
        (0.8, 6, 0.905703),
        (0.975, 10, 2.228139),
        (0.975, 120, 1.979930),
    ],
)
def test_quantiles_of_whole_degrees_are_exact(level: float, freedom: int, value: float) -> None:
    assert t_quantile(level, freedom) == pytest.approx(value, abs=1e-6)
    assert t_distribution(value, freedom) == pytest.approx(level, abs=1e-6)


@pytest.mark.parametrize(
    ("level", "freedom", "value"),
    [
        (0.975, 2.5, 3.574655),
        (0.975, 3.7, 2.867521),
        (0.9, 5.5, 1.455977),
        (0.995, 7.3, 3.451032),
        (0.975, 45, 2.014103),
        (0.975, 500, 1.964720),
    ],
)
def test_quantiles_in_between_are_a_little_too_large(level: float, freedom: float, value: float) -> None:
    found = t_quantile(level, freedom)
    assert value <= found <= 1.02 * value


def test_many_degrees_at_once_and_without_end() -> None:
    found = t_quantiles(0.975, np.array([1.0, 10.0, np.inf]))
    assert found.tolist() == pytest.approx([12.706205, 2.228139, 1.959964], abs=1e-6)
