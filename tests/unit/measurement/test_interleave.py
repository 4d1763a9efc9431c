"""The order of an interleaved measurement."""

from __future__ import annotations

import pytest

from obrelease.measurement.interleave import measure_interleaved, measurement_order


def test_base_and_head_are_interleaved() -> None:
    assert list(measurement_order(4)) == [0, 1, 1, 0, 0, 1, 1, 0]


def test_the_results_are_in_the_order_of_measurement() -> None:
    order: list[int] = []
    progress: list[int] = []

    def measure(side: int) -> tuple[int, int]:
        order.append(side)
        return side, len(order)

    base, head = measure_interleaved(measure, runs=2, advance=progress.append)
    assert (base, head) == (((0, 1), (0, 4)), ((1, 2), (1, 3)))
    assert sum(progress) == 4


def test_a_failure_ends_the_measurement() -> None:
    done: list[int] = []

    def measure(side: int) -> int:
        if len(done) == 2:
            raise ZeroDivisionError
        done.append(side)
        return side

    with pytest.raises(ZeroDivisionError):
        measure_interleaved(measure, runs=6, advance=lambda _: None)
    assert done == [0, 1]
