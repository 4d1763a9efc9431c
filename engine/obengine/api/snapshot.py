"""The whole state of an engine as five record arrays, their byte layout, and the state digest.

All integers are little-endian. Section 11 of SPECIFICATION.md defines the fields.

`ENGINE` (40 bytes, one record): the clock and the pending EXTEND::

    0  u8 clock_ns    8  u4 extended (1: an EXTEND is pending, else the rest is 0)    12 i4 display_lots
    16 u4 min_lots    20 u4 trade_window  24 u8 expiry_ns    32 i8 trigger_ticks (or trail)

`SYMBOL` (16 bytes), by symbol, only for symbols that have a last price or a step, or are not OPEN::

    0  u2 symbol    2  u1 state    3  u1 has_last    4  u2 price_step (0 for 1)    6  u2 lot_step (0 for 1)
    8  i8 last_ticks (0 if none)

`RESTING` (64 bytes), one for each order, in the canonical order::

    0  u2 symbol         2  u1 side            3  u1 kind          4  u1 tif       5  u1 queue (Queue)
    6  u2 flags          8  i4 open_lots       12 i4 display_lots  16 i4 shown_lots
    20 u4 participant    24 u8 order_id        32 i8 price_ticks   40 i8 trigger_ticks
    48 i8 trail_ticks (of a resting order with flag TOTAL: its filled lots)    56 u8 expiry_ns

`RULE` (32 bytes), by symbol and rule, only for rules that are set and timers that run::

    0  u2 symbol    2  u1 rule (Rule, RuleState)    3  u1 detail    4  i4 lots    8  u8 value
    16 i8 price_ticks    24 u4 number    28 u4 reserved

`KEPT_TRADE` (24 bytes), the trades that can be busted, by id::

    0  u8 sequence (the trade id)    8  i8 price_ticks    16 i4 qty_lots
    20 u2 symbol    22 u1 detail (of TRADED)    23 u1 is_busted
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import records_digest

ENGINE: Final = np.dtype(
    [
        ("clock_ns", "<u8"),
        ("extended", "<u4"),
        ("display_lots", "<i4"),
        ("min_lots", "<u4"),
        ("trade_window", "<u4"),
        ("expiry_ns", "<u8"),
        ("trigger_ticks", "<i8"),
    ]
)
SYMBOL: Final = np.dtype(
    [
        ("symbol", "<u2"),
        ("state", "u1"),
        ("has_last", "u1"),
        ("price_step", "<u2"),
        ("lot_step", "<u2"),
        ("last_ticks", "<i8"),
    ]
)
RESTING: Final = np.dtype(
    [
        ("symbol", "<u2"),
        ("side", "u1"),
        ("kind", "u1"),
        ("tif", "u1"),
        ("queue", "u1"),
        ("flags", "<u2"),
        ("open_lots", "<i4"),
        ("display_lots", "<i4"),
        ("shown_lots", "<i4"),
        ("participant", "<u4"),
        ("order_id", "<u8"),
        ("price_ticks", "<i8"),
        ("trigger_ticks", "<i8"),
        ("trail_ticks", "<i8"),
        ("expiry_ns", "<u8"),
    ]
)
RULE: Final = np.dtype(
    [
        ("symbol", "<u2"),
        ("rule", "u1"),
        ("detail", "u1"),
        ("lots", "<i4"),
        ("value", "<u8"),
        ("price_ticks", "<i8"),
        ("number", "<u4"),
        ("reserved", "<u4"),
    ]
)


KEPT_TRADE: Final = np.dtype(
    [
        ("sequence", "<u8"),
        ("price_ticks", "<i8"),
        ("qty_lots", "<i4"),
        ("symbol", "<u2"),
        ("detail", "u1"),
        ("is_busted", "u1"),
    ]
)
MAX_SEQUENCE: Final = 2**63 - 1
"""The greatest sequence number of a snapshot, so that those of later events do not wrap."""


def _no_engine() -> NDArray[np.void]:
    return np.zeros(1, ENGINE)


def _no_symbols() -> NDArray[np.void]:
    return np.zeros(0, SYMBOL)


def _no_rules() -> NDArray[np.void]:
    return np.zeros(0, RULE)


def _no_trades() -> NDArray[np.void]:
    return np.zeros(0, KEPT_TRADE)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a book; `Book.restore` accepts it.

    Attributes:
        next_sequence: the sequence number of the next event, at most MAX_SEQUENCE; not part of the digest.
        orders: `RESTING` records in the canonical order.
        engine: one `ENGINE` record.
        symbols: `SYMBOL` records, by symbol.
        rules: `RULE` records, by symbol and rule.
        trades: `KEPT_TRADE` records, the trades that can be busted, by id.
    """

    next_sequence: int
    orders: NDArray[np.void]
    engine: NDArray[np.void] = field(default_factory=_no_engine)
    symbols: NDArray[np.void] = field(default_factory=_no_symbols)
    rules: NDArray[np.void] = field(default_factory=_no_rules)
    trades: NDArray[np.void] = field(default_factory=_no_trades)

    def digest(self) -> str:
        """The state digest: sha256 of the records of all arrays; equal on every core."""
        return records_digest(self.engine, self.symbols, self.orders, self.rules, self.trades)
