"""The price levels of one side of a book, best first, and their queues."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from obengine.api.messages import Queue, Side

OrderQueue = OrderedDict[int, int]
"""The orders of one queue, oldest first: order id -> lots (icebergs: shown lots). A plain dict would be
faster for short queues, but finding its first entry scans all deleted entries before it."""

RestingOrder = tuple[OrderQueue, int, int, int]
"""A resting order: its queue, price in ticks, side, owner."""

NO_LIMIT: Final = 2**63
"""The reach of an order without a limit."""

_FIRST_SWEEP: Final = 1024


class Ladder:
    """The levels of one side, by price.

    Attributes:
        levels: price in ticks -> displayed queue. A queue may be empty: an empty level is removed when
            a taker reaches it or by a sweep, so that a level that comes and goes costs little. Every
            price that has any queue is a key.
        hidden: price -> hidden queue, if there is or was one.
        conditional: price -> conditional queue, likewise.
        keys: a heap of `sign * price`, one per level; the best price has the smallest key.
        sign: 1 for asks, -1 for bids.
    """

    __slots__ = ("_sweep_at", "conditional", "hidden", "keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.levels: dict[int, OrderQueue] = {}
        self.hidden: dict[int, OrderQueue] = {}
        self.conditional: dict[int, OrderQueue] = {}
        self.keys: list[int] = []
        self.sign = 1 if side is Side.SELL else -1
        self._sweep_at = _FIRST_SWEEP

    def queue_at(self, price_ticks: int) -> OrderQueue:
        """The displayed queue of a price, created if missing."""
        queue = self.levels.get(price_ticks)
        if queue is None:
            if len(self.levels) >= self._sweep_at:
                self._sweep()
            queue = self.levels[price_ticks] = OrderedDict()
            heappush(self.keys, self.sign * price_ticks)
        return queue

    def queue_of(self, price_ticks: int, queue: Queue) -> OrderQueue:
        """A queue of a price, created if missing."""
        displayed = self.queue_at(price_ticks)
        if queue is Queue.DISPLAYED:
            return displayed
        non_empty_queues = self.hidden if queue is Queue.HIDDEN else self.conditional
        return non_empty_queues.setdefault(price_ticks, OrderedDict())

    def non_empty_queues(self) -> Iterator[tuple[int, Queue, OrderQueue]]:
        """Price, queue number and queue of each non-empty queue, best price first."""
        for price in sorted(self.levels, key=self.sign.__mul__):
            for number, non_empty_queues in enumerate((self.levels, self.hidden, self.conditional)):
                queue = non_empty_queues.get(price)
                if queue:
                    yield price, Queue(number), queue

    def prices_within(self, reach: int) -> Generator[int, None, None]:
        """Prices of the non-empty levels within a reach, best first. Their queues may change during the
        iteration, but no level may be added. Close the generator if it is not exhausted.
        """
        visited_keys = []
        try:
            while self.keys and self.keys[0] <= reach:
                visited_keys.append(heappop(self.keys))
                price = visited_keys[-1] * self.sign
                if not self._is_empty(price):
                    yield price
        finally:
            for key in visited_keys:
                if self._is_empty(key * self.sign):
                    self._drop(key * self.sign)
                else:
                    heappush(self.keys, key)

    def best_displayed(self) -> int | None:
        """The best price with displayed orders."""
        prices = self.prices_within(NO_LIMIT)
        try:
            return next((price for price in prices if self.levels[price]), None)
        finally:
            prices.close()

    def _is_empty(self, price: int) -> bool:
        return not (self.levels[price] or self.hidden.get(price) or self.conditional.get(price))

    def _drop(self, price: int) -> None:
        del self.levels[price]
        self.hidden.pop(price, None)
        self.conditional.pop(price, None)

    def _sweep(self) -> None:
        """Remove empty levels; doubling the threshold keeps the amortised cost of a new level constant."""
        for price in [price for price in self.levels if self._is_empty(price)]:
            self._drop(price)
        self.keys[:] = [self.sign * price for price in self.levels]
        heapify(self.keys)
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self.levels))
