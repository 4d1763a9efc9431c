"""Measurements that several kinds of run share: their names, and the figures computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact

WALL_TIMES: Final = "pass-wall"
"""The measurement that holds the wall time of each pass, in nanoseconds."""

TIMER_OVERHEAD: Final = "timer-overhead"
"""The measurement that holds the median cost of a timed empty call, in nanoseconds."""


def throughput_msg_s(messages: int, pass_wall_ns: Sequence[int | float]) -> tuple[int, ...]:
    """Whole messages per second of each pass, rounded down."""
    return tuple(messages * 1_000_000_000 // max(int(wall_ns), 1) for wall_ns in pass_wall_ns)


def samples_of(artefact: Artefact, name: str) -> tuple[int | float, ...]:
    """The samples of a measurement in nanoseconds; empty if the run has no such measurement."""
    return next((m.samples for m in artefact.metrics if m.name == name and m.unit == "ns"), ())
