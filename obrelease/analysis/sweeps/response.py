"""The values of one metric at every point of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from obrelease.analysis.statistics.median import median
from obrelease.models.artefact import Scalar
from obrelease.models.labels_and_directions import Direction

SEED: Final = "seed"
"""Runs that differ in this parameter alone are repetitions, unless it is an axis."""


@dataclass(frozen=True, slots=True)
class PointValues:
    """The values of all runs at one point.

    Attributes:
        point: the value of each parameter.
        values: one of each run, in the unit of the metric.
    """

    point: Mapping[str, Scalar]
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value that is drawn."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Response:
    """One metric of one subject over the points of a sweep.

    Attributes:
        subject: `bench`, or the name of a command.
        direction: which values are better; None if neither.
    """

    subject: str
    metric: str
    unit: str
    direction: Direction | None
    points: tuple[PointValues, ...]

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return f"{self.subject}: {self.metric}"

    def axes(self) -> dict[str, tuple[Scalar, ...]]:
        """The parameters that vary, each with its values in order; those with more values come first."""
        names = dict.fromkeys(name for each in self.points for name in each.point)
        found = {
            name: ordered(each.point[name] for each in self.points if name in each.point) for name in names
        }
        varying = {name: values for name, values in found.items() if len(values) > 1}
        return dict(sorted(varying.items(), key=lambda item: (not is_numeric(item[1]), -len(item[1]))))

    def without(self, name: str) -> Response:
        """The same with the runs of all values of one parameter as repetitions."""
        kept = [
            PointValues({key: value for key, value in each.point.items() if key != name}, each.values)
            for each in self.points
        ]
        return Response(self.subject, self.metric, self.unit, self.direction, merged_points(kept))

    def at(self, fixed: Mapping[str, Scalar]) -> Iterator[PointValues]:
        """The points that have these values."""
        for each in self.points:
            if all(same_value(each.point.get(name), value) for name, value in fixed.items()):
                yield each


def merged_points(points: Iterable[PointValues]) -> tuple[PointValues, ...]:
    """The points with the values of all that are the same, in the order of the first of each."""
    merged: dict[tuple[tuple[str, str, Scalar], ...], tuple[Mapping[str, Scalar], list[float]]] = {}
    for each in points:
        identity = tuple((name, type(value).__name__, value) for name, value in each.point.items())
        merged.setdefault(identity, (each.point, []))[1].extend(each.values)
    return tuple(PointValues(point, tuple(values)) for point, values in merged.values())


def combinations(axes: Mapping[str, Sequence[Scalar]]) -> list[dict[str, Scalar]]:
    """Every combination of the values of some axes; one empty combination of none."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def ordered(values: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Different values in order: numbers by size, everything else as text."""
    found = {(type(value).__name__, value): value for value in values}.values()
    if is_numeric(tuple(found)):
        return tuple(sorted(found, key=_number))
    return tuple(sorted(found, key=str))


def is_numeric(values: Sequence[Scalar]) -> bool:
    """Whether all are numbers, and none is a boolean."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def same_value(one: Scalar | None, other: Scalar) -> bool:
    """Whether two values are one point of an axis: `True` is not `1`."""
    return type(one) is type(other) and one == other


def _number(value: Scalar) -> float:
    return float(value)
