"""The trades of a market data file, as records."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

TRADE: Final = np.dtype(
    [
        ("time_ns", "<i8"),
        ("match", "<u8"),
        ("order_id", "<u8"),
        ("price_ticks", "<i8"),
        ("qty_lots", "<i8"),
        ("symbol", "<u2"),
        ("kind", "u1"),
        ("side", "u1"),
        ("printable", "u1"),
        ("broken", "u1"),
    ]
)
"""Time since midnight, number of the match (0 if the file has none), resting order (0 if unknown), price and
lots, index of the symbol, `TradeKind`, side of the resting order (`NO_SIDE` if unknown), whether the trade
counts in the volume of the day, and whether it was broken later."""

NO_SIDE: Final = 2

Trades = NDArray[np.void]


class TradeKind(IntEnum):
    """How a trade came about."""

    VISIBLE = 0
    HIDDEN = 1
    CROSS = 2
