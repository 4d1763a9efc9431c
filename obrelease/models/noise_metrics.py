"""Metrics that `measure` adds to the numbers of a tool: what disturbed the run. They decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PREEMPTIONS: Final = "involuntary context switches"
THROTTLE_EVENTS: Final = "throttle events"
STOLEN_TIME: Final = "stolen time"

NOISE_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {PREEMPTIONS: "1", THROTTLE_EVENTS: "1", STOLEN_TIME: "ns"}
)
"""The unit of each; a run has those that its system reports."""
