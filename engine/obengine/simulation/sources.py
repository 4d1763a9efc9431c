"""Recordings of what the feed readers give: LOBSTER days, ITCH and Databento files, level feeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE, Side
from obengine.cores import core_names
from obengine.feeds.databento import DatabentoDay
from obengine.feeds.itch50 import ItchDay
from obengine.feeds.level_changes import level_changes
from obengine.feeds.level_csv import LevelFeed
from obengine.feeds.lobster import LobsterDay
from obengine.feeds.lobster_window import UNNAMED, Cause, Message
from obengine.feeds.order_flow import ChangeKind, Changes, apply_numbered, order_changes
from obengine.feeds.trades import TRADE, TradeKind, Trades
from obengine.simulation.recording import (
    Recording,
    complete_recording,
    join_recordings,
    merge_changes,
    record_commands,
    trade_changes,
)

Source = Recording | LobsterDay | Sequence[LobsterDay] | ItchDay | DatabentoDay | LevelFeed

_TYPE, _ID = 1, 2
_RESTARTED = int(Cause.HALT | Cause.UNEXPLAINED)


def record_source(source: Source, *, trades: Trades | None = None, core: str | None = None) -> Recording:
    """The recording of market data that were read.

    Args:
        source: a LOBSTER day, several of one date (each a symbol), an ITCH or Databento file, a level feed,
            or a recording, which is returned as it is.
        trades: of a level feed, its trades (`read_trades_csv`), with the same symbols; the others have their
            own.
        core: the core that orders are applied on; None for the fastest.

    Raises:
        WorkloadError: the days are of several dates, or trades are no records of `TRADE`, or were given to
            what has its own.
    """
    if isinstance(source, Recording):
        return source
    if trades is not None and getattr(trades, "dtype", None) != TRADE:
        raise WorkloadError(f"trades are records of obengine.TRADE, not {type(trades).__name__}")
    if trades is not None and not isinstance(source, ItchDay | LevelFeed):
        raise WorkloadError("trades can be given to a level feed; other data have their own")
    if isinstance(source, LevelFeed):
        levels = level_changes(source.updates)
        parts = [levels] if trades is None else [trade_changes(trades), levels]
        return complete_recording(source.symbols, merge_changes(parts), has_order_ids=False)
    if isinstance(source, ItchDay):
        every = source.trades if trades is None else trades
        hidden = every[every["kind"] != TradeKind.VISIBLE]
        return record_commands(
            source.commands, source.times_ns, symbols=source.symbols, trades=hidden, core=core
        )
    if isinstance(source, DatabentoDay):
        return record_commands(
            source.commands, source.times_ns, symbols=source.symbols, trades=source.trades, core=core
        )
    days = (source,) if isinstance(source, LobsterDay) else tuple(source)
    if not days:
        raise WorkloadError("there is no day to simulate")
    if len({day.label.date for day in days}) > 1:
        raise WorkloadError("days of several dates have no common clock: simulate one date at a time")
    return join_recordings([_of_lobster(day, core or core_names()[0]) for day in days])


def _of_lobster(day: LobsterDay, core: str) -> Recording:
    events, numbers = apply_numbered(day.commands, core, 1)
    changes, of_command = order_changes(events, numbers)
    rows = np.searchsorted(day.row_end, of_command, side="right")
    changes["time_ns"] = changes["seen_ns"] = day.times_ns[rows]
    _mark_window(day, changes, rows)
    trades = day.trades()
    kind = day.messages[:, _TYPE]
    trade_rows = np.flatnonzero((kind >= Message.EXECUTE) & (kind <= Message.CROSS))
    further = trades["kind"] > 0
    merged = merge_changes([changes, trade_changes(trades[further])], keys=(rows, trade_rows[further]))
    all_rows = np.sort(np.concatenate((rows, trade_rows[further])), kind="stable")
    return complete_recording((day.label.symbol,), merged, edges=_edges(day)[all_rows])


def _mark_window(day: LobsterDay, changes: Changes, rows: NDArray[np.int64]) -> None:
    """Levels that enter and leave the window, and the true orders behind the window's unnamed ones."""
    unnamed = changes["order_id"] >= np.uint64(UNNAMED)
    message, kind = day.messages[rows], changes["kind"]
    reduces = (message[:, _TYPE] >= Message.REDUCE) & (message[:, _TYPE] <= Message.EXECUTE)
    first = np.append(True, rows[1:] != rows[:-1])
    of_message = reduces & first & (kind != ChangeKind.ADD)
    kind[(kind == ChangeKind.ADD) & unnamed] = ChangeKind.ADOPT
    kind[(kind == ChangeKind.CANCEL) & ~of_message] = ChangeKind.LEAVE
    renamed = np.flatnonzero(of_message & unnamed)
    ids = message[renamed, _ID]
    changes["order_id"][renamed] = ids
    new_rows = np.flatnonzero(day.messages[:, _TYPE] == Message.NEW)
    known, at = np.unique(day.messages[new_rows, _ID], return_index=True)
    place = np.minimum(np.searchsorted(known, ids), max(known.size - 1, 0))
    found = known[place] == ids if known.size else np.zeros(ids.size, dtype=bool)
    entered = np.searchsorted(rows, new_rows[at][place]) if known.size else place
    earlier = found & (entered < renamed)
    changes["entered"][renamed] = np.where(earlier, entered, -1)


def _edges(day: LobsterDay) -> NDArray[np.int64]:
    """For each row, the last level of the file on the buy and on the sell side, if it is full."""
    edges = np.full((day.row_end.size, 2), NO_PRICE)
    for side, offset in ((Side.BUY, 2), (Side.SELL, 0)):
        at = 4 * (day.level_count - 1) + offset
        held = day.book_rows[:, at + 1] > 0
        edges[held, side] = day.book_rows[held, at]
    return edges
