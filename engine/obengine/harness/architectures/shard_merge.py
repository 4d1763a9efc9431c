"""Merges the events of shards into the order of the commands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import CancelReason, EventKind, Events


def merge(rows: Sequence[NDArray[np.int64]], given: Sequence[Events]) -> Events:
    """Merge the events of shards by the command rows of each shard.

    Raises:
        ValueError: the events of a shard do not match its number of commands.
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
    """Whether each event is the first of its command, in a stream without recorded executions."""
    kinds = events["kind"]
    asked = (kinds == EventKind.CANCELLED) & (events["detail"] == CancelReason.REQUESTED)
    first: NDArray[np.bool_] = (kinds == EventKind.ACCEPTED) | (kinds == EventKind.REJECTED) | asked
    first |= kinds == EventKind.MODIFIED
    return first
