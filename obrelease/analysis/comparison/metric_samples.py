"""Each metric of two sets of runs as a column: log values by run, and bootstrap replicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.histograms.histogram import enough_beyond
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.statistics.bootstrap import (
    Floats,
    log_quantiles,
    resample_intervals,
    resample_passes,
    resample_shifts,
)
from obrelease.analysis.statistics.median import median_of_rows
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.analysis.summary.run import Run
from obrelease.models.labels_and_directions import Direction

TESTED: Final = (0.5, 0.9, 0.99, 0.999, 0.9999)
SHIFT: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True, slots=True)
class Column:
    """Log values of one metric: float64 [runs] of both sides, and the bootstrap's shifts [resamples]."""

    name: str
    unit: str
    direction: Direction
    base: Floats
    head: Floats
    replicates: Floats | None
    enough: bool


def metric_column(name: str, base: Sequence[Run], head: Sequence[Run], rules: Rules) -> Column:
    """The column of a metric that all runs have: the median of its samples in each run."""

    def resample(run: Run, stream: RandomStream) -> Floats:
        return resample_passes(run.metrics[name].samples, stream)

    def points(runs: Sequence[Run]) -> Floats:
        return np.array([median_of_rows(np.log(run.metrics[name].samples)) for run in runs])

    metric = base[0].metrics[name]
    replicates = _replicates(name, base, head, rules, resample)
    first = None if replicates is None else replicates[:, 0]
    direction = metric.direction or "lower"
    return Column(metric.name, metric.unit, direction, points(base), points(head), first, enough=True)


def latency_columns(name: str, base: Sequence[Run], head: Sequence[Run], rules: Rules) -> dict[float, Column]:
    """A column for each quantile; all quantiles use the same resampled runs."""
    quantiles = sorted({*TESTED, *SHIFT})

    def resample(run: Run, stream: RandomStream) -> Floats:
        return resample_intervals(run.histograms[name], quantiles, stream)

    def points(runs: Sequence[Run]) -> Floats:
        return np.stack([log_quantiles(merge(run.histograms[name]), quantiles) for run in runs])

    replicates = _replicates(name, base, head, rules, resample)
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


def _replicates(
    name: str,
    base: Sequence[Run],
    head: Sequence[Run],
    rules: Rules,
    resample: Callable[[Run, RandomStream], Floats],
) -> Floats | None:
    """Shifts between resampled sides, float64 [resamples, quantiles]; None below two runs a side."""
    if min(len(base), len(head)) < 2:
        return None
    sides = []
    for side, runs in (("base", base), ("head", head)):
        stream = RandomStream(rules.seed, f"{name}/{side}")
        sides.append(np.stack([resample(run, stream) for run in runs]))
    stream = RandomStream(rules.seed, name)
    return resample_shifts(sides[0], sides[1], resamples=rules.resamples, stream=stream)
