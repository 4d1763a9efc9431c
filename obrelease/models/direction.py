"""Whether a metric is better when it is higher or lower.

The unit decides: rates (`.../s`) are better when higher, all else when lower. A run lists the exceptions
by name in the parameters `higher-is-better` and `lower-is-better`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from obrelease.models.artefact import Artefact, Measurement

Direction = Literal["higher", "lower"]

_PARAMETERS: Final[dict[Direction, str]] = {"higher": "higher-is-better", "lower": "lower-is-better"}


DIRECTION_PARAMETERS: Final = frozenset(_PARAMETERS.values())
"""Parameters that describe how to read metrics, not what was measured."""


def direction_by_unit(unit: str) -> Direction:
    """What the unit alone says."""
    return "higher" if unit.endswith("/s") else "lower"


def direction_of(artefact: Artefact, measurement: Measurement) -> Direction:
    """The direction of a measurement of this run."""
    for direction, parameter in _PARAMETERS.items():
        if measurement.name in str(artefact.parameters.get(parameter, "")).split(","):
            return direction
    return direction_by_unit(measurement.unit)


def direction_parameters(directions: Mapping[str, Direction]) -> dict[str, str]:
    """The parameters that list the exceptions; `directions` maps their metric names."""
    return {
        parameter: ",".join(name for name, each in directions.items() if each == direction)
        for direction, parameter in _PARAMETERS.items()
        if direction in directions.values()
    }
