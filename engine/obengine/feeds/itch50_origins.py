"""The message that introduced each order of an ITCH 5.0 file, through any number of replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Commands

Int64s = NDArray[np.int64]
Records = NDArray[Any]

ADDS: Final = ("A", "F")
REDUCING: Final = ("E", "C", "X", "D", "U")


class OrderOrigins:
    """Introductions of orders, and what later messages refer to.

    Args:
        kinds: for each type, the 0-based numbers of its frames; `records` are their fields.
        adds: the commands of the types in `ADDS`.

    Attributes:
        origins: the commands of all add messages.
        replacing: for each replace, the row of `origins` that introduced its order, or -1.
    """

    def __init__(
        self, kinds: Mapping[str, Int64s], records: Mapping[str, Records], adds: Sequence[Commands]
    ) -> None:
        self._kinds, self._records = kinds, records
        self.origins = np.concatenate(adds)
        replaces = records["U"]
        refs = np.concatenate([self.origins["order_id"], replaces["new_ref"].astype(np.uint64)])
        born = np.concatenate([kinds["A"], kinds["F"], kinds["U"]])
        self._by_ref = np.lexsort((born, refs))
        self._refs, self._born = refs[self._by_ref], born[self._by_ref]
        self._prices = np.concatenate(
            [self.origins["price_ticks"].astype(np.int64), replaces["price"].astype(np.int64)]
        )
        parent = np.arange(refs.size, dtype=np.int64)
        parent[self.origins.size :] = self._introduced(replaces["ref"].astype(np.uint64), kinds["U"])
        while True:  # pointer doubling
            reached = np.where(parent >= 0, parent[np.maximum(parent, 0)], -1)
            if np.array_equal(reached, parent):
                break
            parent = reached
        self._parent = parent
        self.replacing = parent[self.origins.size :]

    def count_unknown(self) -> int:
        """The number of messages about orders that the file never introduced."""
        unknown = 0
        for code in REDUCING:
            _, origin = self.orders_of(code)
            unknown += int(np.count_nonzero(origin < 0))
        return unknown

    def orders_of(self, code: str) -> tuple[Int64s, Int64s]:
        """For each message of a type with an order: the price of the order, and its row of `origins`.

        The row is -1 and the price 0 if the file never introduced the order.
        """
        found = self._introduced(self._records[code]["ref"].astype(np.uint64), self._kinds[code])
        known = np.maximum(found, 0)
        if not self._parent.size:
            return np.zeros(found.size, dtype=np.int64), found
        origin = np.where(found >= 0, self._parent[known], -1)
        return np.where(found >= 0, self._prices[known], 0), origin

    def _introduced(self, refs: NDArray[np.uint64], rows: Int64s) -> Int64s:
        """The last introduction of each reference before its row, or -1."""
        low = np.searchsorted(self._refs, refs, side="left")
        at = np.searchsorted(self._refs, refs, side="right") - 1
        while True:
            late = (at >= low) & (self._born[np.maximum(at, 0)] >= rows) if self._born.size else at >= low
            if not late.any():
                break
            at[late] -= 1
        return np.where(at >= low, self._by_ref[np.maximum(at, 0)], -1) if self._by_ref.size else at
