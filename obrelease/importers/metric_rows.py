"""Collects the rows of a file into metrics; rows of the same name and parameters are one metric."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from obrelease.importers.json_reader import MAX_NUMBER
from obrelease.importers.measured_units import MeasuredUnit
from obrelease.importers.tool_run import LeftOut, SummaryStatistic, ToolMetric, ToolSummary
from obrelease.models.artefact import Scalar

_NUMBER: Final = re.compile(r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?", re.ASCII)

_Identity = tuple[str, tuple[tuple[str, Scalar], ...]]


class MetricRows:
    """Metrics that are collected row by row, in the order of their first row.

    If a name occurs again with the same parameters, its values are further samples. A value that is not
    finite is left out, and so is a row whose unit differs from that of the first.

    Attributes:
        left_out: what was found to be no result.
    """

    def __init__(self) -> None:
        self._metrics: dict[_Identity, ToolMetric] = {}
        self.left_out: list[LeftOut] = []

    def __bool__(self) -> bool:
        """Whether there is any metric."""
        return bool(self._metrics)

    def add_samples(
        self,
        name: str,
        unit: MeasuredUnit,
        values: Iterable[float],
        *,
        parameters: Mapping[str, Scalar] | None = None,
        group: str | None = None,
        primary: bool = True,
    ) -> None:
        """Add samples in the tool's unit, in the order they were taken."""
        samples = unit.convert_all(values)
        if problem := _problem(samples, unit):
            self.leave_out(name, problem)
        elif samples and not self._extended(name, unit, samples, parameters or {}):
            self._add(
                ToolMetric(
                    name=name,
                    unit=unit.unit,
                    direction=unit.direction,
                    samples=samples,
                    parameters=dict(parameters or {}),
                    group=group,
                    primary=primary,
                )
            )

    def add_summary(
        self,
        name: str,
        unit: MeasuredUnit,
        value: float,
        statistic: SummaryStatistic,
        *,
        count: int | None = None,
        figures: Mapping[str, float | None] | None = None,
        parameters: Mapping[str, Scalar] | None = None,
        group: str | None = None,
        primary: bool = True,
    ) -> None:
        """Add a summary in the tool's unit; figures that are None or not finite are dropped."""
        converted = unit.convert(value)
        if problem := _problem([converted], unit):
            self.leave_out(name, problem)
            return
        kept = {
            key: unit.convert(figure)
            for key, figure in (figures or {}).items()
            if figure is not None and math.isfinite(figure) and abs(figure) <= MAX_NUMBER
        }
        self._add(
            ToolMetric(
                name=name,
                unit=unit.unit,
                direction=unit.direction,
                summary=ToolSummary(converted, statistic, count, kept),
                parameters=dict(parameters or {}),
                group=group,
                primary=primary,
            )
        )

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a row is no result; the same note is made once."""
        row = LeftOut(name, reason)
        if row not in self.left_out[-100:]:
            self.left_out.append(row)

    def metrics(self) -> list[ToolMetric]:
        """The metrics in the order of their first row."""
        return list(self._metrics.values())

    def _extended(
        self, name: str, unit: MeasuredUnit, samples: list[float], parameters: Mapping[str, Scalar]
    ) -> bool:
        """Whether there is a metric of samples to which these were added."""
        earlier = self._metrics.get(_identity(name, parameters))
        if earlier is None or not isinstance(earlier.samples, list) or not earlier.samples:
            return False
        if (earlier.unit, earlier.direction) != (unit.unit, unit.direction):
            return False
        earlier.samples.extend(samples)
        return True

    def _add(self, metric: ToolMetric) -> None:
        identity = _identity(metric.name, metric.parameters)
        earlier = self._metrics.setdefault(identity, metric)
        if earlier is metric:
            return
        if (earlier.unit, earlier.direction) != (metric.unit, metric.direction):
            reason = f"is in {metric.unit}; an earlier row of the same name is in {earlier.unit}"
            self.leave_out(metric.name, reason)
            return
        samples = _values(earlier)
        samples.extend(_values(metric))
        if earlier.samples is not samples:
            self._metrics[identity] = ToolMetric(
                name=earlier.name,
                unit=earlier.unit,
                direction=earlier.direction,
                samples=samples,
                parameters=earlier.parameters,
                group=earlier.group,
                primary=earlier.primary,
            )


def _identity(name: str, parameters: Mapping[str, Scalar]) -> _Identity:
    return name, tuple(sorted(parameters.items(), key=lambda each: each[0]))


def parse_number(text: str) -> float | None:
    """A number as tools print it, such as `33,032,676` or `1.5e-3`; None for anything else, NaN included."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text.replace(",", ""))
    return number if math.isfinite(number) else None


def _values(metric: ToolMetric) -> list[float]:
    if isinstance(metric.samples, list) and metric.samples:
        return metric.samples
    return [metric.summary.value] if metric.summary else list(metric.samples)


def _problem(values: Sequence[float], unit: MeasuredUnit) -> str | None:
    for value in values:
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            return f"has a value that is no number up to {MAX_NUMBER:g}: {value:g}"
        if value < 0 and unit.unit in {"ns", "B", "1/s", "B/s"}:
            return f"has a negative value: {value:g} {unit.unit}"
    return None
