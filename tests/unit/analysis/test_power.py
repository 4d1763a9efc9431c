"""The minimum detectable effect: what the test finds four times in five."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from obrelease.analysis.comparison.compare import MetricComparison, compare
from obrelease.analysis.comparison.verdict import Rules, Verdict
from obrelease.analysis.statistics.power import own_critical_statistic
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.analysis.summary.run import Metric, Run
from tests.made_up_runs import run

NOISE = 0.01


def sides(stream: RandomStream, runs: int, metrics: int, slower: float) -> tuple[list[Run], list[Run]]:
    """Runs of noisy metrics; the first one of the head is slower."""
    found: tuple[list[Run], list[Run]] = ([], [])
    for number in range(2 * runs):
        noise = stream.normal((metrics,)) * NOISE
        noise[0] += np.log(slower) * (number % 2)
        values = {f"m{place}": float(np.exp(value)) for place, value in enumerate(noise)}
        own = {name: Metric(name, name, "ns", "lower", (value,)) for name, value in values.items()}
        found[number % 2].append(replace(run(f"r{number}", at=number), metrics=own, histograms={}))
    return found


def first(base: list[Run], head: list[Run]) -> MetricComparison:
    return compare(base, head, Rules()).metrics[0]


@pytest.mark.parametrize(("runs", "metrics"), [(4, 1), (6, 1), (6, 10), (8, 10)])
def test_the_detectable_change_is_found_four_times_in_five(runs: int, metrics: int) -> None:
    """Rule: of 60 trials with such a change, 80 % are found: fewer than 36 or more than 59 are not 80 %."""
    stream = RandomStream(3, f"power/{runs}/{metrics}")
    effects = [first(*sides(stream, runs, metrics, 1.0)).detectable_percent for _ in range(20)]
    assert None not in effects
    effect = float(np.median([each for each in effects if each is not None]))
    found = sum(
        first(*sides(stream, runs, metrics, 1 + effect / 100)).decision.verdict is Verdict.WORSE
        for _ in range(60)
    )
    assert 36 <= found <= 59


def test_few_runs_cannot_exceed_their_own_exchanged_runs() -> None:
    """Rule: exchanging one run of each side leaves the statistic that a large change must exceed."""
    assert own_critical_statistic(3, 3, 0.05, 10_000) is None
    assert own_critical_statistic(4, 4, 0.05, 10_000) == pytest.approx(2**0.5)
    assert own_critical_statistic(6, 6, 0.05, 10_000) == pytest.approx(8**0.5)
