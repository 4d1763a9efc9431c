"""Directions of metrics, and how version 1 stored directions and labels: as parameters.

In version 1, `direction.METRIC` is `lower` or `higher`, and `label.KEY` is a label of the user.
"""

from __future__ import annotations

from typing import Final, Literal

Direction = Literal["higher", "lower"]
"""Which values of a metric are better."""

DIRECTIONS: Final[tuple[Direction, Direction]] = ("higher", "lower")

DIRECTION_PREFIX: Final = "direction."
"""Parameters of this prefix give the better values of a metric in version 1."""

LABEL_PREFIX: Final = "label."
"""Parameters of this prefix are labels in version 1."""


def direction_by_unit(unit: str) -> Direction:
    """The default: rates (`.../s`) are better when higher, all else when lower."""
    return "higher" if unit.endswith("/s") else "lower"
