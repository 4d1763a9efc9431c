"""Levels and trades of market data as frames.

A frame is a dict of NumPy columns of one length, so `pandas.DataFrame(frame)` works as it is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.arguments import require_whole
from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE, Commands, Side
from obengine.cores import core_names
from obengine.feeds.order_flow import Changes, apply_numbered, level_lots, order_changes
from obengine.feeds.trades import Trades

Frame = dict[str, NDArray[Any]]
Int64s = NDArray[np.int64]

MAX_LEVELS: Final = 1_000
MAX_ROWS: Final = 50_000_000


def level_names(count: int) -> list[str]:
    """The columns of `count` levels: `bid_ticks_1`, `bid_lots_1`, `ask_ticks_1`, `ask_lots_1`, and so on."""
    return [
        f"{side}_{what}_{number}"
        for number in range(1, count + 1)
        for side in ("bid", "ask")
        for what in ("ticks", "lots")
    ]


def levels_of_changes(changes: Changes, count: int) -> Frame:
    """The best levels after each change of one symbol: `time_ns` and the columns of `level_names`.

    A level that is not there has `NO_PRICE` and 0 lots.

    Raises:
        WorkloadError: `count` is out of range.
    """
    check_count(count, MAX_LEVELS)
    before, after = level_lots(changes)
    rows = np.flatnonzero(before != after)
    frame: Frame = {"time_ns": changes["time_ns"].astype(np.int64)}
    found: dict[str, Int64s] = {}
    for side, name, sign in ((Side.BUY, "bid", -1), (Side.SELL, "ask", 1)):
        own = rows[changes["side"][rows] == side]
        keys, lots = _best_levels(own, changes["price_ticks"][own] * sign, after[own], changes.size, count)
        for number in range(count):
            held = lots[:, number] > 0
            found[f"{name}_ticks_{number + 1}"] = np.where(held, keys[:, number] * sign, NO_PRICE)
            found[f"{name}_lots_{number + 1}"] = np.ascontiguousarray(lots[:, number])
    return frame | {name: found[name] for name in level_names(count)}


def levels_of_commands(
    commands: Commands, times_ns: Int64s, symbols: Sequence[str], symbol: int | str, count: int
) -> Frame:
    """The best levels of a symbol, by index or name, after each change that its commands make.

    Raises:
        WorkloadError: there is no such symbol, or `count` is out of range.
    """
    check_count(count, MAX_LEVELS)
    own = commands["symbol"] == symbol_index(symbols, symbol)
    one = commands[own]
    one["symbol"] = 0
    events, numbers = apply_numbered(one, core_names()[0], 1)
    changes, of_command = order_changes(events, numbers)
    changes["time_ns"] = times_ns[own][of_command]
    return levels_of_changes(changes, count)


def symbol_index(symbols: Sequence[str], symbol: int | str) -> int:
    """The index of a symbol that is given by index or name; raises `WorkloadError`."""
    if symbol not in (symbols if isinstance(symbol, str) else range(len(symbols))):
        raise WorkloadError(f"no symbol {symbol!r}; there are {len(symbols):,}, the first is {symbols[0]!r}")
    return symbols.index(symbol) if isinstance(symbol, str) else symbol


def check_count(count: int, most: int) -> None:
    """Refuse a number of levels that the data do not have; raises `WorkloadError`."""
    if not 1 <= require_whole("the number of levels", count) <= most:
        raise WorkloadError(f"{count} levels were asked for, there are 1 to {most:,}")


def resample(frame: Frame, every_ns: int) -> Frame:
    """The last row at or before each multiple of `every_ns` after the first time, up to the last one.

    Args:
        frame: columns of one length, with `time_ns` ascending; all are kept, `time_ns` becomes the grid.

    Raises:
        WorkloadError: the frame has no rows, or the step is not positive or gives too many rows.
    """
    times = frame["time_ns"]
    grid = _grid(times, every_ns)
    at = np.searchsorted(times, grid, side="right") - 1
    return {name: grid if name == "time_ns" else column[at] for name, column in frame.items()}


def trade_bars(trades: Trades, every_ns: int, *, symbol: int = 0) -> Frame:
    """Trades of a symbol in intervals of `every_ns`, the first of which starts at the first trade.

    Broken and not printable trades are left out, and so are those without a price or lots.

    Returns:
        `time_ns` (start), `open_ticks`, `high_ticks`, `low_ticks`, `close_ticks`, `lots`, `trades`, and
        `value`, the sum of price x lots. An interval without trades has the close of the one before.

    Raises:
        WorkloadError: as `resample`.
    """
    counted = (trades["symbol"] == symbol) & (trades["broken"] == 0) & (trades["printable"] == 1)
    own = trades[counted & (trades["qty_lots"] > 0) & (trades["price_ticks"] > 0)]
    grid = _grid(own["time_ns"], every_ns)
    bar = (own["time_ns"] - grid[0]) // every_ns
    starts = np.flatnonzero(np.append(True, bar[1:] != bar[:-1]))
    ends = np.append(starts[1:], own.size) - 1
    prices, lots = own["price_ticks"].astype(np.int64), own["qty_lots"].astype(np.int64)
    filled = np.searchsorted(bar[starts], np.arange(grid.size), side="right") - 1
    has_trades = bar[starts][filled] == np.arange(grid.size)
    close = prices[ends][filled]
    frame: Frame = {"time_ns": grid}
    for name, values in (
        ("open_ticks", prices[starts]),
        ("high_ticks", np.maximum.reduceat(prices, starts)),
        ("low_ticks", np.minimum.reduceat(prices, starts)),
    ):
        frame[name] = np.where(has_trades, values[filled], close)
    frame["close_ticks"] = close
    for name, values in (
        ("lots", np.add.reduceat(lots, starts)),
        ("trades", ends - starts + 1),
        ("value", np.add.reduceat(prices * lots, starts)),
    ):
        frame[name] = np.where(has_trades, values[filled], 0)
    return frame


def _grid(times: Int64s, every_ns: int) -> Int64s:
    if not times.size:
        raise WorkloadError("there are no rows to resample")
    if require_whole("every_ns", every_ns) < 1 or (times[-1] - times[0]) // every_ns >= MAX_ROWS:
        raise WorkloadError(f"every_ns is {every_ns}: it must be positive and give at most {MAX_ROWS:,} rows")
    return np.arange(times[0], times[-1] + 1, every_ns, dtype=np.int64)


def _best_levels(rows: Int64s, keys: Int64s, after: Int64s, size: int, count: int) -> tuple[Int64s, Int64s]:
    """For each of `size` rows the `count` smallest keys and their lots; 0 lots if there are fewer."""
    best: list[int] = []
    held: dict[int, int] = {}
    seen_rows: list[int] = []
    seen_keys: list[int] = []
    seen_lots: list[int] = []
    for row, key, lots in zip(rows.tolist(), keys.tolist(), after.tolist(), strict=True):
        if lots <= 0:
            del held[key], best[bisect_left(best, key)]
        else:
            if key not in held:
                insort(best, key)
            held[key] = lots
        if len(best) < count or key <= best[count - 1]:
            top = best[:count]
            seen_rows.append(row)
            seen_keys += top
            seen_lots += map(held.__getitem__, top)
            if missing := count - len(top):
                seen_keys += [0] * missing
                seen_lots += [0] * missing
    at = np.searchsorted(np.array(seen_rows, dtype=np.int64), np.arange(size), side="right")
    shape = (-1, count)
    none = np.zeros((1, count), dtype=np.int64)
    key_table = np.concatenate((none, np.array(seen_keys, dtype=np.int64).reshape(shape)))
    lot_table = np.concatenate((none, np.array(seen_lots, dtype=np.int64).reshape(shape)))
    return key_table[at], lot_table[at]
