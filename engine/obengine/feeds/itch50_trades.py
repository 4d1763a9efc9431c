"""The trades of an ITCH 5.0 file: executions of visible and hidden orders, and crosses.

An executed message (E) has the price of its order. An executed message with price (C) has its own, and is not
printable if a cross message (Q) reports its shares. A trade message (P) is an execution of a hidden order. A
broken-trade message (B) names a match.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Side
from obengine.feeds.itch50 import add_commands, index_symbols, read_selected
from obengine.feeds.itch50_frames import Frames, find_frames
from obengine.feeds.itch50_layout import LAYOUTS, TRADE_LAYOUTS
from obengine.feeds.itch50_origins import OrderOrigins
from obengine.feeds.itch50_stream import WHOLE_FILE, ItchSelection
from obengine.feeds.trades import NO_SIDE, TRADE, TradeKind, Trades

_KINDS: Final = {
    "E": TradeKind.VISIBLE,
    "C": TradeKind.VISIBLE,
    "P": TradeKind.HIDDEN,
    "Q": TradeKind.CROSS,
}


@dataclass(frozen=True, slots=True)
class ItchTrades:
    """The trades of a file, in its order, and the stock of each symbol index."""

    symbols: tuple[str, ...]
    trades: Trades


def read_itch50_trades(path: Path, *, selection: ItchSelection = WHOLE_FILE) -> ItchTrades:
    """Read the trades of an ITCH 5.0 file, plain or gzip, from a disk or a pipe.

    Args:
        path: the file; `-` is the standard input.
        selection: the symbols and the time of day that are kept.

    Raises:
        FeedError: as `read_itch50`.
    """
    frames = find_frames(read_selected(path, selection), str(path))
    layouts = LAYOUTS | TRADE_LAYOUTS
    kinds = {code: frames.of(code) for code in layouts}
    records = {code: frames.records(rows, layouts[code]) for code, rows in kinds.items()}
    symbols, symbol_of = index_symbols(frames, records, (*"AFECXDUPQ",))
    origins = OrderOrigins(kinds, records, add_commands(frames, kinds, records))
    blocks = [_trades(code, frames, kinds[code], records[code], origins) for code in _KINDS]
    rows = np.concatenate([kinds[code] for code in _KINDS])
    order = np.argsort(rows, kind="stable")
    trades = np.concatenate(blocks)[order]
    trades["symbol"] = symbol_of[frames.heads()["locate"][rows[order]]]
    broken = records["B"]["match"].astype(np.uint64)
    trades["broken"] = np.isin(trades["match"], broken) & (trades["match"] != 0)
    return ItchTrades(symbols, trades)


def _trades(
    code: str, frames: Frames, rows: NDArray[np.int64], records: NDArray[Any], origins: OrderOrigins
) -> Trades:
    made = np.zeros(rows.size, dtype=TRADE)
    made["time_ns"] = frames.times_ns[rows]
    made["kind"] = _KINDS[code]
    made["match"] = records["match"]
    made["qty_lots"] = records["shares"]
    made["side"] = NO_SIDE
    made["printable"] = 1
    if code in {"C", "P", "Q"}:
        made["price_ticks"] = records["price"]
    if code in {"E", "C"}:
        made["order_id"] = records["ref"]
        prices, origin = origins.orders_of(code)
        if origins.origins.size:
            sides = origins.origins["side"][np.maximum(origin, 0)]
            made["side"] = np.where(origin >= 0, sides, NO_SIDE)
        if code == "E":
            made["price_ticks"] = prices
        else:
            made["printable"] = records["printable"] == b"Y"
    elif code == "P":
        made["side"] = np.where(records["side"] == b"B", Side.BUY, Side.SELL)
    return made
