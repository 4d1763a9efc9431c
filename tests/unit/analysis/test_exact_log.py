"""The exact logarithm and exponential are right, and their bits are pinned."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from obrelease.analysis.statistics.exact_log import exact_exp, exact_log


@given(st.floats(min_value=5e-324, max_value=1.7e308))
def test_log_is_within_two_units_in_the_last_place(value: float) -> None:
    expected = math.log(value)
    assert abs(float(exact_log(np.array([value]))[0]) - expected) <= 2 * math.ulp(expected) + 2**-60


@given(st.floats(min_value=-700, max_value=700))
def test_exp_is_within_a_few_units_in_the_last_place(value: float) -> None:
    expected = math.exp(value)
    assert abs(float(exact_exp(np.array([value]))[0]) - expected) <= 4 * math.ulp(expected)


def test_the_bits_are_pinned() -> None:
    logs = exact_log(np.array([1e-300, 0.1, 0.75, 1.0, 2.0, 3.0, 1e10, 1e300]))
    assert [value.hex() for value in logs.tolist()] == PINNED_LOGS
    exps = exact_exp(np.array([-600.0, -1.0, 0.0, 0.01, 1.0, 25.0, 600.0]))
    assert [value.hex() for value in exps.tolist()] == PINNED_EXPS


PINNED_LOGS = [
    "-0x1.5963447f87fb5p+9",
    "-0x1.26bb1bbb55515p+1",
    "-0x1.269621134db92p-2",
    "0x0.0p+0",
    "0x1.62e42fefa39efp-1",
    "0x1.193ea7aad030bp+0",
    "0x1.7069e2aa2aa5bp+4",
    "0x1.5963447f87fb5p+9",
]
PINNED_EXPS = [
    "0x1.4dd4d0d12c071p-866",
    "0x1.78b56362cef38p-2",
    "0x1.0000000000000p+0",
    "0x1.0292a5d2f2226p+0",
    "0x1.5bf0a8b14576ap+1",
    "0x1.0c3d3920962c9p+36",
    "0x1.88a122d234b39p+865",
]
