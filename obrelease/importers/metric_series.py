"""Collects the samples and aggregates of a file into metrics, each under its full name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from obrelease.importers.tool_run import Direction, LeftOut, SummaryStatistic, ToolMetric, ToolSummary

_STATISTICS: Final[tuple[SummaryStatistic, ...]] = ("median", "mean", "minimum")
"""Which aggregate of a summary is its value: the first of these that there is."""

_FIGURE_NAMES: Final = {"min": "minimum", "max": "maximum", "std": "stddev"}


@dataclass(slots=True)
class _Collected:
    unit: str
    direction: Direction | None
    primary: bool
    samples: list[float] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    count: int | None = None


class MetricSeries:
    """Metrics that are built row by row.

    Attributes:
        left_out: what was found to be no result.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, _Collected] = {}
        self.left_out: list[LeftOut] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        direction: Direction | None,
        *,
        primary: bool = True,
        aggregate: str | None = None,
        count: int | None = None,
    ) -> None:
        """Add a sample of a metric, or a figure of its summary.

        Args:
            aggregate: the name of the figure, such as `mean`; None for a sample.
            count: samples behind the figure.
        """
        metric = self._by_name.setdefault(name, _Collected(unit, direction, primary))
        if aggregate is None:
            metric.samples.append(value)
        else:
            metric.figures[_FIGURE_NAMES.get(aggregate, aggregate)] = value
            metric.count = count

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a value is no result; the same note is made once."""
        row = LeftOut(name, reason)
        if row not in self.left_out:
            self.left_out.append(row)

    def metrics(self) -> list[ToolMetric]:
        """The metrics in the order in which their first value was added."""
        found = []
        for name, each in self._by_name.items():
            summary = None if each.samples else _summary(each)
            if each.samples or summary:
                metric = ToolMetric(
                    name,
                    each.unit,
                    each.direction,
                    samples=each.samples,
                    summary=summary,
                    primary=each.primary,
                )
                found.append(metric)
            else:
                found += _figures_alone(name, each)
        return found


def _figures_alone(name: str, metric: _Collected) -> list[ToolMetric]:
    """Statistics of the user without a median, mean or minimum: each is a metric, as the tool names it."""
    return [
        ToolMetric(
            f"{name}_{figure}",
            metric.unit,
            metric.direction,
            summary=ToolSummary(value, "value", metric.count),
            primary=metric.primary,
        )
        for figure, value in metric.figures.items()
    ]


def _summary(metric: _Collected) -> ToolSummary | None:
    statistic = next((each for each in _STATISTICS if each in metric.figures), None)
    if statistic is None:
        return None
    figures = {name: value for name, value in metric.figures.items() if name != statistic}
    return ToolSummary(metric.figures[statistic], statistic, metric.count, figures)
