"""One side of one symbol in the reference core: price levels and their queues."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from obengine.api.messages import Queue, Side

Lots = OrderedDict[int, int]
"""The orders of one queue, oldest first: order id -> lots, of an iceberg the shown ones. A plain dict
would be quicker on short queues, but it finds its first entry by walking over all that were deleted
before it."""

Order = tuple[Lots, int, int, int]
"""A resting order: the queue that it stands in, its price in ticks, its side, its owner."""

NO_LIMIT: Final = 2**63
"""A reach that every level is within."""

_FIRST_SWEEP: Final = 1024


class Ladder:
    """The levels of one side, found by price, and met best price first.

    Attributes:
        levels: price in ticks -> displayed queue. A queue may be empty: a level without orders is
            dropped when a taker meets it or when empty ones are swept out, so that a level that comes
            and goes costs little. Every price that has any queue is in here.
        hidden: price -> hidden queue, where there is or was one.
        conditional: price -> conditional queue, likewise.
        keys: a heap of `sign * price`, one for each of `levels`; the best price is the smallest key.
        sign: 1 for asks, -1 for bids.
    """

    __slots__ = ("_sweep_at", "conditional", "hidden", "keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.levels: dict[int, Lots] = {}
        self.hidden: dict[int, Lots] = {}
        self.conditional: dict[int, Lots] = {}
        self.keys: list[int] = []
        self.sign = 1 if side is Side.SELL else -1
        self._sweep_at = _FIRST_SWEEP

    def queue_at(self, price_ticks: int) -> Lots:
        """The displayed queue of a price, a new one where the price has none."""
        queue = self.levels.get(price_ticks)
        if queue is None:
            if len(self.levels) >= self._sweep_at:
                self._sweep()
            queue = self.levels[price_ticks] = OrderedDict()
            heappush(self.keys, self.sign * price_ticks)
        return queue

    def queue_of(self, price_ticks: int, queue: Queue) -> Lots:
        """Any queue of a price, a new one where the price has none."""
        displayed = self.queue_at(price_ticks)
        if queue is Queue.DISPLAYED:
            return displayed
        queues = self.hidden if queue is Queue.HIDDEN else self.conditional
        return queues.setdefault(price_ticks, OrderedDict())

    def queues(self) -> Iterator[tuple[int, Queue, Lots]]:
        """Price, queue number and queue of each queue that has orders, best price first."""
        for price in sorted(self.levels, key=self.sign.__mul__):
            for number, queues in enumerate((self.levels, self.hidden, self.conditional)):
                queue = queues.get(price)
                if queue:
                    yield price, Queue(number), queue

    def within(self, reach: int) -> Generator[int, None, None]:
        """Prices of the levels with orders within a reach, best first; their queues may be changed
        meanwhile, but no level added. To be closed when it is not used up.
        """
        met = []
        try:
            while self.keys and self.keys[0] <= reach:
                met.append(heappop(self.keys))
                price = met[-1] * self.sign
                if not self._is_empty(price):
                    yield price
        finally:
            for key in met:
                if self._is_empty(key * self.sign):
                    self._drop(key * self.sign)
                else:
                    heappush(self.keys, key)

    def _is_empty(self, price: int) -> bool:
        return not (self.levels[price] or self.hidden.get(price) or self.conditional.get(price))

    def _drop(self, price: int) -> None:
        del self.levels[price]
        self.hidden.pop(price, None)
        self.conditional.pop(price, None)

    def _sweep(self) -> None:
        """Drop the empty levels; doubling the mark keeps the cost of a new level constant on average."""
        for price in [price for price in self.levels if self._is_empty(price)]:
            self._drop(price)
        self.keys[:] = [self.sign * price for price in self.levels]
        heapify(self.keys)
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self.levels))
