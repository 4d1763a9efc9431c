"""The figures of each metric and each histogram of a run: what `show` prints and `--json` lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.statistics.median import percentile
from obrelease.analysis.summary.run import Metric, Run
from obrelease.models.artefact import HistogramRef
from obrelease.models.metric_identity import name_matches

if TYPE_CHECKING:
    from obrelease.analysis.histograms.histogram import HistogramSummary

_FEWEST_FOR: Final = {"p90": (90.0, 10), "p99": (99.0, 100), "p99.9": (99.9, 1_000)}
"""Percentiles of samples, and from how many samples on they are given."""


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """A metric and its figures, in its unit.

    Attributes:
        value: the median of the samples, or the value of the summary.
        minimum, maximum: None if they are not known.
        others: further figures by name, such as `p90` and `stddev`.
    """

    metric: Metric
    value: float
    minimum: float | None
    maximum: float | None
    others: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """The metric as `show --json` lists it: raw numbers, the whole name."""
        metric = self.metric
        return {
            "id": metric.id,
            "name": metric.name,
            "unit": metric.unit,
            "direction": metric.direction,
            "group": metric.group,
            "primary": metric.primary,
            "parameters": dict(metric.parameters),
            "statistic": metric.statistic,
            "value": self.value,
            "count": metric.count,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "figures": dict(self.others),
        }


@dataclass(frozen=True, slots=True)
class HistogramFigures:
    """A latency histogram of a run and its figures, in nanoseconds."""

    ref: HistogramRef
    figures: HistogramSummary

    def to_json(self) -> dict[str, Any]:
        """The histogram as `show --json` lists it."""
        found = self.figures
        return {
            "id": self.ref.id,
            "tag": self.ref.tag,
            "clock": self.ref.clock,
            "path": self.ref.path,
            "count": found.count,
            "out_of_range": self.ref.out_of_range,
            "minimum_ns": found.min_ns,
            "mean_ns": found.mean_ns,
            "p50_ns": found.p50_ns,
            "p90_ns": found.p90_ns,
            "p99_ns": found.p99_ns,
            "p999_ns": found.p999_ns,
            "p9999_ns": found.p9999_ns,
            "maximum_ns": found.max_ns,
        }


def metric_figures(run: Run, patterns: Sequence[str] = ()) -> tuple[MetricFigures, ...]:
    """The figures of every recorded metric of a run, in the order of the file.

    Args:
        patterns: names or shell patterns, any of which a metric must match; all metrics if there is none.
    """
    return tuple(
        _figures(metric)
        for metric in run.recorded_metrics
        if not patterns or any(name_matches(metric.name, pattern) for pattern in patterns)
    )


def histogram_figures(run: Run, patterns: Sequence[str] = ()) -> tuple[HistogramFigures, ...]:
    """The figures of every histogram that was read, but those that are the samples of a metric."""
    from obrelease.analysis.histograms.histogram import summary_of
    from obrelease.analysis.histograms.histogram_log import merge

    of_metrics = {metric.histogram for metric in run.artefact.metrics}
    return tuple(
        HistogramFigures(ref, summary_of(merge(run.histograms[ref.id])))
        for ref in run.artefact.histograms
        if ref.id in run.histograms
        and ref.id not in of_metrics
        and (not patterns or any(name_matches(ref.name, pattern) for pattern in patterns))
    )


def _figures(metric: Metric) -> MetricFigures:
    if metric.summary is not None:
        others = dict(metric.summary.figures)
        minimum, maximum = others.pop("minimum", None), others.pop("maximum", None)
        return MetricFigures(metric, metric.value, minimum, maximum, others)
    ordered = sorted(metric.samples)
    others = {
        name: percentile(ordered, percent)
        for name, (percent, fewest) in _FEWEST_FOR.items()
        if len(ordered) >= fewest
    }
    return MetricFigures(metric, metric.value, ordered[0], ordered[-1], others)
