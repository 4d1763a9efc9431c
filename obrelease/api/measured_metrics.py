"""The metrics of the runs of one side, summarised: what a measurement without a comparison shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from obrelease.analysis.statistics.median import median
from obrelease.analysis.summary.run import Metric, Run


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric over all runs.

    Attributes:
        name: the tool's own name.
        median: over the runs, of the value of each run.
        minimum, maximum: over all samples, or over the runs if the samples are not kept.
        runs, samples: how many there are.
    """

    name: str
    unit: str
    median: float
    minimum: float
    maximum: float
    runs: int
    samples: int


def metric_rows(runs: Sequence[Run]) -> tuple[MetricRow, ...]:
    """A row for each metric of any run, in the order in which the runs have them."""
    found: dict[str, list[Metric]] = {}
    for run in runs:
        for identity, metric in run.metrics.items():
            found.setdefault(identity, []).append(metric)
    return tuple(map(_row, found.values()))


def _row(metrics: Sequence[Metric]) -> MetricRow:
    values = [float(metric.value) for metric in metrics]
    samples = [float(sample) for metric in metrics for sample in metric.samples] or values
    return MetricRow(
        name=metrics[0].name,
        unit=metrics[0].unit,
        median=median(values),
        minimum=min(samples),
        maximum=max(samples),
        runs=len(metrics),
        samples=sum(metric.count or 1 for metric in metrics),
    )
