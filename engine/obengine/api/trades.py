"""Trades that stand: those of a log that were not busted (section 9.1 of the specification)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import EventKind, Events


def standing_trades(events: Events, first_sequence: int = 0) -> NDArray[np.bool_]:
    """For each event, whether it is a trade that is not busted later in these events.

    Args:
        events: consecutive events of one engine.
        first_sequence: the sequence number of the first of them.
    """
    stands: NDArray[np.bool_] = events["kind"] == EventKind.TRADED
    busted = events["order_id"][events["kind"] == EventKind.TRADE_BUSTED]
    inside = (busted >= first_sequence) & (busted < first_sequence + len(events))
    stands[(busted[inside] - np.uint64(first_sequence)).astype(np.int64)] = False
    return stands
