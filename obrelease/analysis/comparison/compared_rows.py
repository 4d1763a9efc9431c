"""The rows of a comparison: each figure of each metric, with one value per run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.comparison.aligned_metrics import (
    HISTOGRAM_UNIT,
    AlignedRun,
    MetricIdentity,
)
from obrelease.analysis.comparison.common_unit import factors_to_common_unit
from obrelease.analysis.comparison.coverage import (
    histogram_names,
    unlike_histogram,
    unlike_metric,
)
from obrelease.analysis.histograms.histogram import MIN_VALUES_BEYOND, Histogram, enough_beyond
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.statistics.sample_figures import (
    LOCATION,
    SPREAD,
    SPREAD_OF_SUMMARY,
    sample_figures,
    summary_figures,
)
from obrelease.analysis.summary.run import Metric
from obrelease.models.labels_and_directions import Direction

Floats = NDArray[np.float64]

TESTED: Final = (0.5, 0.9, 0.99, 0.999, 0.9999)
SHIFT: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999, 0.9999)

_SPREADS: Final = (SPREAD, SPREAD_OF_SUMMARY)
_SPREAD_UNIT: Final = "1"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One figure of a metric in every run.

    Attributes:
        id: of the metric or the histogram.
        metric: its name; `name` has the figure as well, such as `encode p99`.
        figure: `location`, `p99`, `spread` and so on. Rows of one figure share a variance floor.
        headline: whether it is the location of a metric, or a percentile of a histogram.
        base, head: float64 [runs of the side], in `unit`; NaN if the run does not have it.
        too_few: why it cannot be tested, if it cannot.
    """

    id: str
    metric: str
    name: str
    figure: str
    unit: str
    direction: Direction | None
    primary: bool
    headline: bool
    group: str | None
    base: Floats
    head: Floats
    too_few: str | None = None

    @property
    def is_spread(self) -> bool:
        """Whether it is a spread, whose values are shares of the location."""
        return self.figure in _SPREADS

    @property
    def runs(self) -> tuple[int, int]:
        """How many runs of each side have a value."""
        return int((~np.isnan(self.base)).sum()), int((~np.isnan(self.head)).sum())


def metric_rows(
    base: Sequence[AlignedRun], head: Sequence[AlignedRun], identities: Mapping[str, MetricIdentity]
) -> list[ComparedRow]:
    """The rows of every metric that both sides have, the location first."""
    runs = (*base, *head)
    return [
        row
        for each in identities.values()
        if unlike_metric(runs, each.id) is None
        for row in _rows_of_metric(base, head, each)
    ]


def _rows_of_metric(
    base: Sequence[AlignedRun], head: Sequence[AlignedRun], identity: MetricIdentity
) -> Iterator[ComparedRow]:
    units = {run.metrics[identity.id].unit for run in (*base, *head) if identity.id in run.metrics}
    common = factors_to_common_unit(units)
    if common is None:
        return
    unit, factors = common
    figures = [[_figures(run.metrics.get(identity.id), factors) for run in side] for side in (base, head)]
    present = [each for side in figures for each in side if each]
    if not (any(figures[0]) and any(figures[1])):
        return
    for figure in dict.fromkeys(name for each in present for name in each):
        if figure != LOCATION and not all(figure in each for each in present):
            continue
        spread = figure in _SPREADS
        shown = SPREAD if spread else figure
        first, second = (
            np.array([each.get(figure, np.nan) for each in side], dtype=np.float64) for side in figures
        )
        yield ComparedRow(
            id=identity.id,
            metric=identity.name,
            name=identity.name if figure == LOCATION else f"{identity.name} {shown}",
            figure=shown,
            unit=_SPREAD_UNIT if spread else unit,
            direction="lower" if spread and identity.direction else identity.direction,
            primary=identity.primary,
            headline=figure == LOCATION,
            group=identity.group,
            base=first,
            head=second,
        )


def _figures(metric: Metric | None, factors: Mapping[str, float]) -> dict[str, float]:
    """The finite figures of a metric in the common unit; empty if the run does not have it."""
    if metric is None:
        return {}
    if metric.summary is not None:
        found = summary_figures(metric.summary.value, metric.summary.count, metric.summary.figures)
    else:
        found = sample_figures(metric.samples)
    if not math.isfinite(found.get(LOCATION, math.nan)):
        return {}
    if (scale := factors[metric.unit]) != 1:
        found = {name: value if name in _SPREADS else value * scale for name, value in found.items()}
    return found if len(found) == 1 else {name: v for name, v in found.items() if math.isfinite(v)}


def histogram_rows(
    base: Sequence[AlignedRun], head: Sequence[AlignedRun], quantiles: Sequence[float]
) -> dict[str, list[ComparedRow]]:
    """Rows of the given percentiles of every histogram that both sides have, by its id."""
    runs = (*base, *head)
    found: dict[str, list[ComparedRow]] = {}
    for identity, name in histogram_names(runs).items():
        on_both = all(any(identity in run.histograms for run in side) for side in (base, head))
        if on_both and unlike_histogram(runs, identity) is None:
            found[identity] = _rows_of_histogram(base, head, identity, name, quantiles)
    return found


def _rows_of_histogram(
    base: Sequence[AlignedRun],
    head: Sequence[AlignedRun],
    identity: str,
    name: str,
    quantiles: Sequence[float],
) -> list[ComparedRow]:
    wholes = [
        [merge(run.histograms[identity].intervals) if identity in run.histograms else None for run in side]
        for side in (base, head)
    ]
    counts = [whole.count for side in wholes for whole in side if whole is not None]
    first, second = (np.stack([_values_ns(whole, quantiles) for whole in side], axis=1) for side in wholes)
    return [
        ComparedRow(
            id=identity,
            metric=name,
            name=f"{name} {percentile_name(quantile)}",
            figure=percentile_name(quantile),
            unit=HISTOGRAM_UNIT,
            direction="lower",
            primary=True,
            headline=True,
            group=None,
            base=first[place],
            head=second[place],
            too_few=(
                None
                if enough_beyond(min(counts), 100 * quantile)
                else f"a run has fewer than {MIN_VALUES_BEYOND} values beyond"
            ),
        )
        for place, quantile in enumerate(quantiles)
    ]


def _values_ns(whole: Histogram | None, quantiles: Sequence[float]) -> Floats:
    """The percentiles of a run (0 counts as 1), float64 [quantiles]; NaN without a histogram."""
    if whole is None:
        return np.full(len(quantiles), np.nan)
    return np.array([max(whole.percentile_ns(100 * quantile), 1) for quantile in quantiles], dtype=np.float64)


@lru_cache(maxsize=64)
def percentile_name(quantile: float) -> str:
    """`p99.9` for 0.999."""
    return f"p{100 * quantile:.10g}"
