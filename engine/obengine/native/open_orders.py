"""Records of open orders, as the tables of the native core give them."""

from __future__ import annotations

from typing import Final

import numpy as np

OPEN_CELL: Final = np.dtype(
    {
        "names": ["order_id", "price_ticks", "mark", "qty_lots", "symbol", "side"],
        "formats": ["<u8", "<i8", "<u8", "<u4", "<u2", "u1"],
        "offsets": [0, 8, 16, 24, 28, 30],
        "itemsize": 32,
    }
)
"""An open order; the mark is the participant in a feed, and the order of arrival in an audit."""
