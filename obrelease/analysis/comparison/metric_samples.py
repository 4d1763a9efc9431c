"""Every metric of two sets of runs as a column: log values by run, and the bootstrap's replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from obrelease.analysis.comparison.run_metrics import Better, Run
from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.histograms.histogram import enough_beyond
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.statistics.bootstrap import (
    Floats,
    intervals_again,
    log_quantiles,
    passes_again,
    shifts_again,
)
from obrelease.analysis.statistics.random_stream import Chance

TESTED: Final = (0.5, 0.9, 0.99, 0.999, 0.9999)
SHIFT: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True, slots=True)
class Column:
    """Log values of one metric: float64 [runs] of both sides, and the bootstrap's shifts [resamples]."""

    name: str
    unit: str
    better: Better
    base: Floats
    head: Floats
    replicates: Floats | None
    enough: bool


def series_column(name: str, base: Sequence[Run], head: Sequence[Run], rules: Rules) -> Column:
    """The column of a series that all runs have: the median of its samples in each run."""

    def again(runs: Sequence[Run], side: str) -> Floats:
        chance = Chance(rules.seed, f"{name}/{side}")
        return np.stack([passes_again(run.series[name].samples, chance) for run in runs])

    def points(runs: Sequence[Run]) -> Floats:
        return np.array([np.median(np.log(run.series[name].samples)) for run in runs])

    about = base[0].series[name]
    replicates = None
    if _has_interval(base, head):
        chance = Chance(rules.seed, name)
        drawn = again(base, "base"), again(head, "head")
        replicates = shifts_again(*drawn, resamples=rules.resamples, chance=chance)[:, 0]
    return Column(name, about.unit, about.better, points(base), points(head), replicates, enough=True)


def latency_columns(name: str, base: Sequence[Run], head: Sequence[Run], rules: Rules) -> dict[float, Column]:
    """A column for each quantile; all are drawn from the same runs at once."""
    quantiles = sorted({*TESTED, *SHIFT})

    def again(runs: Sequence[Run], side: str) -> Floats:
        chance = Chance(rules.seed, f"{name}/{side}")
        return np.stack([intervals_again(run.histograms[name], quantiles, chance) for run in runs])

    def points(runs: Sequence[Run]) -> Floats:
        return np.stack([log_quantiles(merge(run.histograms[name]), quantiles) for run in runs])

    replicates = None
    if _has_interval(base, head):
        chance = Chance(rules.seed, name)
        drawn = again(base, "base"), again(head, "head")
        replicates = shifts_again(*drawn, resamples=rules.resamples, chance=chance)
    first, second = points(base), points(head)
    values = min(sum(part.count for part in run.histograms[name]) for run in (*base, *head))
    return {
        quantile: Column(
            f"{name} {percentile_name(quantile)}",
            "ns",
            "lower",
            first[:, place],
            second[:, place],
            None if replicates is None else replicates[:, place],
            enough=enough_beyond(values, 100 * quantile),
        )
        for place, quantile in enumerate(quantiles)
    }


def percentile_name(quantile: float) -> str:
    """`p99.9` for 0.999."""
    return f"p{100 * quantile:.10g}"


def _has_interval(base: Sequence[Run], head: Sequence[Run]) -> bool:
    return min(len(base), len(head)) >= 2
