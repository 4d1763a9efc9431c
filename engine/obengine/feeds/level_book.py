"""A book of levels: the size of each price, without orders. It follows a feed; nothing is matched in it."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

from obengine.api.messages import Side
from obengine.feeds.level_csv import LevelUpdates


@dataclass(frozen=True, slots=True)
class LevelSize:
    """A price and its size, in the units of the feed."""

    price: int
    size: int


@dataclass(slots=True)
class LevelCounts:
    """What a feed did that a book does not expect.

    Attributes:
        snapshots: number of times that a snapshot replaced the book.
        absent_removed: removals of a price that was not there, which feeds of a part of the levels have.
        crossed: number of times that, after all rows of one time, the best bid was not below the best ask.
        before_snapshot: updates before the first snapshot of their symbol; they are applied.
    """

    snapshots: int = 0
    absent_removed: int = 0
    crossed: int = 0
    before_snapshot: int = 0


class LevelBook:
    """The levels of one symbol.

    Attributes:
        counts: what was unusual so far.
    """

    def __init__(self) -> None:
        self.counts = LevelCounts()
        self._sizes: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._keys: tuple[list[int], list[int]] = ([], [])
        self._in_snapshot = False
        self._seen_snapshot = False
        self._last_ns = self._compared_ns = -1

    def apply(self, updates: LevelUpdates) -> None:
        """Apply updates of one symbol, in order. The book is compared for crossing when the time changes."""
        fields = updates[["received_ns", "price", "size", "side", "snapshot"]]
        for received_ns, price, size, side, snapshot in fields.tolist():
            if received_ns != self._last_ns:
                self._end_of_time()
                self._last_ns = received_ns
            if snapshot and not self._in_snapshot:
                self._clear()
            elif not snapshot and not self._seen_snapshot:
                self.counts.before_snapshot += 1
            self._in_snapshot = bool(snapshot)
            self._set(side, price, size)
        self._end_of_time()

    def levels(self, side: Side, count: int) -> tuple[LevelSize, ...]:
        """At most `count` levels of a side, best first."""
        sizes, sign = self._sizes[side], _sign(side)
        return tuple(LevelSize(key * sign, sizes[key * sign]) for key in self._keys[side][: max(count, 0)])

    def depth(self, side: Side) -> int:
        """The number of levels of a side."""
        return len(self._keys[side])

    def _set(self, side: int, price: int, size: int) -> None:
        sizes, keys, key = self._sizes[side], self._keys[side], price * _sign(side)
        if size:
            if price not in sizes:
                insort(keys, key)
            sizes[price] = size
        elif sizes.pop(price, None) is None:
            self.counts.absent_removed += 1
        else:
            del keys[bisect_left(keys, key)]

    def _clear(self) -> None:
        for sizes, keys in zip(self._sizes, self._keys, strict=True):
            sizes.clear()
            keys.clear()
        self.counts.snapshots += 1
        self._seen_snapshot = True

    def _end_of_time(self) -> None:
        if self._compared_ns == self._last_ns:
            return
        self._compared_ns = self._last_ns
        bids, asks = self._keys[Side.BUY], self._keys[Side.SELL]
        if bids and asks and -bids[0] >= asks[0]:
            self.counts.crossed += 1


def _sign(side: int) -> int:
    """Keys are prices, negated for bids, so that the best key is the smallest."""
    return -1 if side == Side.BUY else 1
