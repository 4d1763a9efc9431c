"""The events of shards put back into the order of the commands that they were dealt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import CancelReason, EventKind, Events


def merge(rows: Sequence[NDArray[np.int64]], given: Sequence[Events]) -> Events:
    """The shards' events in the order of the commands whose rows each shard had.

    Raises:
        ValueError: a shard's events do not start one command for each of its rows.
    """
    places = []
    for own, events in zip(rows, given, strict=True):
        number = np.cumsum(starts_command(events)) - 1
        if own.size != (int(number[-1]) + 1 if number.size else 0):
            raise ValueError("the events of a shard do not belong to its commands")
        places.append(own[number])
    order = np.argsort(np.concatenate(places), kind="stable")
    return np.concatenate(given)[order]


def starts_command(events: Events) -> NDArray[np.bool_]:
    """Which events are the first of their command, in a stream without recorded executions."""
    kinds = events["kind"]
    asked = (kinds == EventKind.CANCELLED) & (events["detail"] == CancelReason.REQUESTED)
    first: NDArray[np.bool_] = (kinds == EventKind.ACCEPTED) | (kinds == EventKind.REJECTED) | asked
    first |= kinds == EventKind.MODIFIED
    return first
