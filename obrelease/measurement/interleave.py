"""The order of an interleaved measurement, A B B A A B B A: a drift affects both sides equally."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

Result = TypeVar("Result")


def measurement_order(runs: int) -> Iterator[int]:
    """0 for the base and 1 for the head, `runs` times each, in the order of measurement."""
    for number in range(runs):
        yield from (0, 1) if number % 2 == 0 else (1, 0)


def measure_interleaved(
    measure: Callable[[int], Result], *, runs: int, advance: Callable[[int], None]
) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Measure both sides in turn.

    Args:
        measure: measures one run of a side, 0 for the base and 1 for the head.
        runs: of each side.
        advance: called after each run.

    Returns:
        The results of base and head, in the order they were measured. Whatever `measure` raises ends it.
    """
    results: tuple[list[Result], list[Result]] = ([], [])
    for side in measurement_order(runs):
        results[side].append(measure(side))
        advance(1)
    return tuple(results[0]), tuple(results[1])
