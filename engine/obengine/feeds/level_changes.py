"""A level feed as changes; what a snapshot leaves out becomes a level of 0 lots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from obengine.feeds.order_flow import FLOW_CHANGE, ChangeKind, Changes

_Row = tuple[int, int, int, int, int, int]
"""Time, time of receipt, price, lots, symbol, side."""


def level_changes(updates: NDArray[np.void]) -> Changes:
    """The changes of the updates of a level feed, with its times of exchange and receipt.

    The time of a change is never before that of an earlier one: feeds deliver some rows late.
    """
    rows = list(_rows(updates))
    made = np.zeros(len(rows), dtype=FLOW_CHANGE)
    names = ("time_ns", "seen_ns", "price_ticks", "lots", "symbol", "side")
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        made[name] = column
    made["time_ns"] = np.maximum.accumulate(made["time_ns"])
    made["seen_ns"] = np.maximum(made["seen_ns"], made["time_ns"])
    made["entered"] = -1
    made["kind"] = ChangeKind.LEVEL
    return made


def _rows(updates: NDArray[np.void]) -> Iterator[_Row]:
    held: dict[int, set[tuple[int, int]]] = {}
    snapshot_of: dict[int, set[tuple[int, int]]] = {}
    last: tuple[int, int] = (0, 0)
    fields = ("time_ns", "received_ns", "price", "size", "symbol", "side", "snapshot")
    for time_ns, received_ns, price, size, symbol, side, snapshot in updates[list(fields)].tolist():
        prices = held.setdefault(symbol, set())
        if not snapshot and symbol in snapshot_of:
            yield from _left_out(*last, symbol, prices, snapshot_of.pop(symbol))
        if snapshot:
            snapshot_of.setdefault(symbol, set()).add((price, side))
        last = (time_ns, received_ns)
        if size:
            prices.add((price, side))
        else:
            prices.discard((price, side))
        yield time_ns, received_ns, price, size, symbol, side
    for symbol, kept in snapshot_of.items():
        yield from _left_out(*last, symbol, held[symbol], kept)


def _left_out(
    time_ns: int, received_ns: int, symbol: int, prices: set[tuple[int, int]], kept: set[tuple[int, int]]
) -> Iterator[_Row]:
    """The end of a snapshot: every other price is empty."""
    for price, side in sorted(prices - kept):
        prices.discard((price, side))
        yield time_ns, received_ns, price, 0, symbol, side
