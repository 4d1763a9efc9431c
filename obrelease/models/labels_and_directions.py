"""Parameters that describe a run without being part of what was measured: directions and labels.

`direction.METRIC` is `lower` or `higher`, the better values of a metric of another tool; without it the
unit decides. `label.KEY` is a label of the user. Runs compare whatever these parameters are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from obrelease.models.artefact import DIRECTION_PREFIX, DIRECTIONS, Artefact, Measurement, Scalar

Direction = Literal["higher", "lower"]

_LABEL: Final = "label."


def is_reserved(parameter: str) -> bool:
    """Whether a parameter is a direction or a label."""
    return parameter.startswith((DIRECTION_PREFIX, _LABEL))


def direction_by_unit(unit: str) -> Direction:
    """The default: rates (`.../s`) are better when higher, all else when lower."""
    return "higher" if unit.endswith("/s") else "lower"


def direction_of(artefact: Artefact, measurement: Measurement) -> Direction:
    """The direction of a measurement of this run."""
    stated = artefact.parameters.get(f"{DIRECTION_PREFIX}{measurement.name}")
    given = (direction for direction in DIRECTIONS if direction == stated)
    return next(given, direction_by_unit(measurement.unit))


def direction_parameters(directions: Mapping[str, Direction]) -> dict[str, Scalar]:
    """The parameters that state the directions of metrics, by their names."""
    return {f"{DIRECTION_PREFIX}{name}": direction for name, direction in directions.items()}


def labels_of(artefact: Artefact) -> dict[str, Scalar]:
    """The labels of a run, by key."""
    parameters = artefact.parameters.items()
    return {name.removeprefix(_LABEL): value for name, value in parameters if name.startswith(_LABEL)}


def label_parameters(labels: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The parameters that state labels, by key."""
    return {f"{_LABEL}{key}": value for key, value in labels.items()}
