"""The recorded lots of any price at any moment, by search instead of a book."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from obengine.api.messages import Side
from obengine.simulation.recording import Recording


class LevelLookup:
    """Levels of a recording after any number of its changes."""

    def __init__(self, recording: Recording) -> None:
        changes = recording.changes
        codes = changes["symbol"].astype(np.int64) * 2 + changes["side"]
        moves = np.flatnonzero(recording.before != recording.after)
        codes, prices = codes[moves], changes["price_ticks"][moves]
        order = np.lexsort((prices, codes))
        self._at = moves[order].tolist()
        self._lots = recording.after[moves][order].tolist()
        codes, prices = codes[order], prices[order]
        new = np.ones(order.size, dtype=bool)
        new[1:] = (codes[1:] != codes[:-1]) | (prices[1:] != prices[:-1])
        starts = np.flatnonzero(new)
        ends = np.append(starts[1:], order.size)
        self._ranges: dict[int, dict[int, tuple[int, int]]] = {}
        keys = (codes[starts], prices[starts], starts, ends)
        for code, price, start, end in zip(*(each.tolist() for each in keys), strict=True):
            self._ranges.setdefault(code, {})[price] = (start, end)
        self._sorted = {code: list(prices) for code, prices in self._ranges.items()}

    def lots(self, code: int, price: int, after: int) -> int:
        """The lots of a price after `after` changes; `code` is 2 x symbol + side."""
        found = self._ranges.get(code, {}).get(price)
        if found is None:
            return 0
        start, end = found
        at = bisect_right(self._at, after - 1, start, end) - 1
        return self._lots[at] if at >= start else 0

    def levels(self, code: int, after: int, *, best: int, limit: int, count: int) -> list[tuple[int, int]]:
        """At most `count` levels from `best` up to `limit` (both included), best first: price and lots."""
        prices = self._sorted.get(code, [])
        ascending = code % 2 == Side.SELL
        found: list[tuple[int, int]] = []
        at = bisect_right(prices, best - 1 if ascending else best)
        while len(found) < count:
            if not ascending:
                at -= 1
            if not 0 <= at < len(prices):
                break
            price = prices[at]
            if (price > limit) if ascending else (price < limit):
                break
            if lots := self.lots(code, price, after):
                found.append((price, lots))
            at += ascending
        return found
