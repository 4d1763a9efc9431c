"""One side of one symbol in the reference core: price levels, their queues, and the matching sweep."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from obengine.messages import EVENT_RECORD, EventKind, Side

Queue = OrderedDict[int, int]
"""The orders of one level, oldest first: order id -> open lots. A plain dict would be quicker on
short queues, but it finds its first entry by walking over all that were deleted before it."""

Order = tuple[Queue, int, int, int]
"""A resting order: the queue that it stands in, its price in ticks, its side, its owner."""

NO_LIMIT: Final = 2**63
"""A reach that every level is within."""

_FIRST_SWEEP: Final = 1024
_TRADED: Final = int(EventKind.TRADED)
_pack = EVENT_RECORD.pack


class Ladder:
    """The levels of one side, found by price, and met best price first.

    Attributes:
        levels: price in ticks -> queue. A queue may be empty: it is dropped when a taker meets it
            or when empty ones are swept out, so that a level that comes and goes costs little.
        keys: a heap of `sign * price`, one for each of `levels`; the best price is the smallest key.
        sign: 1 for asks, -1 for bids.
    """

    __slots__ = ("_sweep_at", "keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.levels: dict[int, Queue] = {}
        self.keys: list[int] = []
        self.sign = 1 if side is Side.SELL else -1
        self._sweep_at = _FIRST_SWEEP

    def queue_at(self, price_ticks: int) -> Queue:
        """The queue of a price, a new one where the price has none."""
        queue = self.levels.get(price_ticks)
        if queue is None:
            if len(self.levels) >= self._sweep_at:
                self._sweep()
            queue = self.levels[price_ticks] = OrderedDict()
            heappush(self.keys, self.sign * price_ticks)
        return queue

    def best_first(self) -> Iterator[tuple[int, Queue]]:
        """Price and queue of each level that has orders, best price first."""
        return ((price, queue) for price, queue in sorted(self.levels.items(), key=self._rank) if queue)

    def match(
        self,
        orders: dict[int, Order],
        out: bytearray,
        side: int,
        symbol: int,
        taker: int,
        left: int,
        reach: int,
    ) -> int:
        """Trade a taker against the levels within its reach; give the lots that found no maker.

        Args:
            orders: the symbol's resting orders by id; those that are traded away are removed.
            out: where the TRADED events are appended.
            side: the taker's side.
            symbol: the symbol index.
            taker: the taker's order id.
            left: lots to trade, above 0.
            reach: `sign * limit`, or `NO_LIMIT`.
        """
        keys, levels = self.keys, self.levels
        while keys and keys[0] <= reach:
            price = keys[0] * self.sign
            queue = levels[price]
            while queue:
                maker, resting = next(iter(queue.items()))
                if resting > left:
                    queue[maker] = resting - left
                    out += _pack(_TRADED, side, symbol, left, taker, maker, price)
                    return 0
                out += _pack(_TRADED, side, symbol, resting, taker, maker, price)
                del queue[maker], orders[maker]
                left -= resting
                if not left:
                    return 0
            heappop(keys)
            del levels[price]
        return left

    def _rank(self, level: tuple[int, Queue]) -> int:
        return self.sign * level[0]

    def _sweep(self) -> None:
        """Drop the empty levels; doubling the mark keeps the cost of a new level constant on average."""
        for price in [price for price, queue in self.levels.items() if not queue]:
            del self.levels[price]
        self.keys[:] = [self.sign * price for price in self.levels]
        heapify(self.keys)
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self.levels))
