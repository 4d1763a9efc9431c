"""Runs whose metrics a test gives value by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from obrelease.analysis.summary.run import Metric, Run
from tests.made_up_runs import run

NOISE = (0.999, 1.0, 1.001, 1.0005, 0.9995, 1.0)
"""What six runs measure of one thing, as shares of it."""


def metric(name: str, *samples: float, unit: str = "ns", **fields: Any) -> Metric:
    """A metric of which lower is better."""
    given = {"id": name, "name": name, "unit": unit, "direction": "lower", "samples": samples}
    return Metric(**(given | fields))


def side_of(name: str, runs: Sequence[Sequence[Metric]]) -> list[Run]:
    """A run of each list of metrics, interleaved with those of another side."""
    return [
        replace(
            run(f"{name}-{number}", at=_turn(name, number)),
            metrics={each.id: each for each in metrics},
            histograms={},
        )
        for number, metrics in enumerate(runs)
    ]


def _turn(name: str, number: int) -> int:
    """The place of a run in the order base, head, head, base."""
    return 4 * (number // 2) + ((number % 2) * 3 if name == "base" else 1 + number % 2)


def noisy_side(
    name: str, values: Mapping[str, float], *, count: int = 6, missing: Mapping[str, set[int]] | None = None
) -> list[Run]:
    """Runs that measure each value with a little noise; some do not have a metric."""
    lacking = missing or {}
    return side_of(
        name,
        [
            [
                metric(key, value * NOISE[(number + 2 * place) % len(NOISE)])
                for place, (key, value) in enumerate(values.items())
                if number not in lacking.get(key, set())
            ]
            for number in range(count)
        ],
    )
