"""Recorded market data as one series of changes, with the touch after each: what a simulation runs along.

The recording is read once and never changed: orders of a strategy are kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE, Commands, Side
from obengine.cores import core_names
from obengine.feeds.best_prices import best_of_rows
from obengine.feeds.level_frames import Frame, levels_of_changes
from obengine.feeds.order_flow import (
    FLOW_CHANGE,
    ChangeKind,
    Changes,
    apply_numbered,
    level_lots,
    order_changes,
)
from obengine.feeds.trades import NO_SIDE, TradeKind, Trades

Int64s = NDArray[np.int64]

TOUCH = np.dtype([("bid_ticks", "<i8"), ("bid_lots", "<i8"), ("ask_ticks", "<i8"), ("ask_lots", "<i8")])
"""The best buy and sell level; an empty side has `NO_PRICE` and 0 lots."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Recorded changes of one or more symbols, in order of time.

    Attributes:
        symbols: the name of each symbol index.
        changes: records of `FLOW_CHANGE`.
        before, after: the lots of the price of each change before and after it; of trades that change no
            level, both are those of the price.
        touches: the touch of its symbol after each change, records of `TOUCH`.
        edges: for each change the worst buy and sell price of which the recording has all orders, shape
            (n, 2); `NO_PRICE` if it has the whole side.
        has_order_ids: whether places in queues are known.
    """

    symbols: tuple[str, ...]
    changes: Changes
    before: Int64s
    after: Int64s
    touches: NDArray[np.void]
    edges: Int64s
    has_order_ids: bool = True

    @property
    def times_ns(self) -> Int64s:
        """The time of each change."""
        return self.changes["time_ns"]

    def levels(self, count: int, *, symbol: int = 0) -> Frame:
        """The best levels after each change of a symbol, as `obengine.feeds.level_frames` describes.

        Raises:
            WorkloadError: `count` is out of range.
        """
        return levels_of_changes(self.changes[self.changes["symbol"] == symbol], count)


def record_commands(
    commands: Commands,
    times_ns: Int64s,
    *,
    symbols: Sequence[str] = ("",),
    trades: Trades | None = None,
    core: str | None = None,
) -> Recording:
    """The recording of commands of a feed, or of any other commands of plain orders.

    Args:
        commands: applied to new books in order; they may trade with each other.
        times_ns: the time of each command, ascending.
        symbols: a name for each symbol index.
        trades: further trades; of visible orders, only if the commands do not have them (`PRINT`).
        core: the core that the commands are applied on; None for the fastest.

    Raises:
        WorkloadError: the times do not fit the commands, or the orders are not plain.
    """
    if times_ns.shape != (commands.size,) or (np.diff(times_ns) < 0).any():
        raise WorkloadError("times_ns must have a time for each command, ascending")
    events, numbers = apply_numbered(commands, core or core_names()[0], len(symbols))
    changes, of_command = order_changes(events, numbers)
    changes["time_ns"] = changes["seen_ns"] = times_ns[of_command]
    if trades is not None:
        changes = merge_changes([trade_changes(trades), changes])
    return complete_recording(tuple(symbols), changes)


def merge_changes(parts: Sequence[Changes], keys: Sequence[Int64s] | None = None) -> Changes:
    """Changes in order of their keys (default: times); of equal keys, those of the first part come first."""
    joined = np.concatenate(parts)
    order = np.argsort(np.concatenate(keys) if keys else joined["time_ns"], kind="stable")
    moved = np.empty(joined.size, dtype=np.int64)
    moved[order] = np.arange(joined.size)
    offset = 0
    for part in parts:
        own = joined["entered"][offset : offset + part.size]
        own[:] = np.where(own >= 0, moved[np.maximum(own, 0) + offset] if joined.size else own, own)
        offset += part.size
    ordered: Changes = joined[order]
    return ordered


def complete_recording(
    symbols: tuple[str, ...],
    changes: Changes,
    *,
    edges: Int64s | None = None,
    has_order_ids: bool = True,
) -> Recording:
    """Add the lots of each price and the touches to changes."""
    before, after = level_lots(changes)
    return Recording(
        symbols=symbols,
        changes=changes,
        before=before,
        after=after,
        touches=_touches(len(symbols), changes, before, after),
        edges=np.full((changes.size, 2), NO_PRICE) if edges is None else edges,
        has_order_ids=has_order_ids,
    )


def join_recordings(recordings: Sequence[Recording]) -> Recording:
    """One recording of several, each with symbols of its own, in order of time."""
    if len(recordings) == 1:
        return recordings[0]
    parts: list[Changes] = []
    offset = 0
    for each in recordings:
        part = each.changes.copy()
        part["symbol"] += offset
        offset += len(each.symbols)
        parts.append(part)
    times = np.concatenate([part["time_ns"] for part in parts])
    order = np.argsort(times, kind="stable")
    return Recording(
        symbols=tuple(symbol for each in recordings for symbol in each.symbols),
        changes=merge_changes(parts),
        before=np.concatenate([each.before for each in recordings])[order],
        after=np.concatenate([each.after for each in recordings])[order],
        touches=np.concatenate([each.touches for each in recordings])[order],
        edges=np.concatenate([each.edges for each in recordings])[order],
        has_order_ids=all(each.has_order_ids for each in recordings),
    )


def trade_changes(trades: Trades) -> Changes:
    """Trades as changes that change no level; broken trades are left out."""
    made = np.zeros(trades.size, dtype=FLOW_CHANGE)
    made["time_ns"] = made["seen_ns"] = trades["time_ns"]
    made["price_ticks"], made["lots"] = trades["price_ticks"], trades["qty_lots"]
    made["entered"] = -1
    for name in ("order_id", "symbol", "side"):
        made[name] = trades[name]
    kinds = {
        TradeKind.VISIBLE: ChangeKind.PRINT,
        TradeKind.HIDDEN: ChangeKind.HIDDEN,
        TradeKind.CROSS: ChangeKind.CROSS,
    }
    for kind, change in kinds.items():
        made["kind"][trades["kind"] == kind] = change
    unsided = (made["side"] == NO_SIDE) & (made["kind"] == ChangeKind.PRINT)
    made["kind"][unsided] = ChangeKind.HIDDEN
    kept: Changes = made[trades["broken"] == 0]
    return kept


def _touches(symbols: int, changes: Changes, before: Int64s, after: Int64s) -> NDArray[np.void]:
    touches = np.zeros(changes.size, dtype=TOUCH)
    for symbol in range(symbols):
        own = np.flatnonzero(changes["symbol"] == symbol) if symbols > 1 else np.arange(changes.size)
        for side, name, sign in ((Side.BUY, "bid", -1), (Side.SELL, "ask", 1)):
            rows = np.flatnonzero((changes["side"][own] == side) & (before[own] != after[own]))
            at = own[rows]
            keys, lots = best_of_rows(
                changes["price_ticks"][at] * sign, after[at] - before[at], rows, own.size
            )
            touches[f"{name}_ticks"][own] = np.where(lots > 0, keys * sign, NO_PRICE)
            touches[f"{name}_lots"][own] = lots
    return touches
