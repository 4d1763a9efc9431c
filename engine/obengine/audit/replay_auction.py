"""An uncross according to the events: who may trade next, and what must be left."""

from __future__ import annotations

from collections import deque

from obengine.api.messages import MAX_QTY, NO_PRICE, Queue, Side
from obengine.audit.replay_book import Entry, ReplayBook


class ReplayAuction:
    """A book that opens, or halts with an uncross, and the uncross that its events announce.

    Attributes:
        book: the book.
        queue: the queue of the orders that wait for the auction that ends; None if none ends.
        price: the auction price, NO_PRICE before it is announced.
        volume: the announced volume.
        traded: the lots of the trades so far.
    """

    __slots__ = ("_apart", "book", "price", "queue", "traded", "volume")

    def __init__(self, book: ReplayBook, queue: int | None) -> None:
        self.book, self.queue = book, queue
        self.price, self.volume, self.traded = NO_PRICE, 0, 0
        self._apart = tuple(
            deque(
                sorted(
                    (entry for entry in book.waiting.values() if (entry.queue, entry.side) == (queue, side)),
                    key=_rank,
                )
            )
            for side in Side
        )

    def find(self, order_id: int) -> Entry | None:
        """An order that takes part."""
        entry = self.book.find(order_id)
        takes_part = entry is not None and entry.queue in (Queue.DISPLAYED, Queue.HIDDEN, self.queue)
        return entry if takes_part else None

    def is_next(self, entry: Entry) -> bool:
        """Whether an order is the next of its side to trade."""
        apart = self._apart[entry.side]
        while apart and apart[0].open_lots <= 0:
            apart.popleft()
        best = self.book.best_entry(entry.side)
        if not apart:
            return entry is best
        return entry is (apart[0] if best is None or _rank(apart[0]) < _rank(best) else best)

    def accepts_price(self, entry: Entry) -> bool:
        """Whether the auction price is within the limit of an order."""
        limit = entry.price_ticks
        if limit == NO_PRICE:
            return True
        return limit <= self.price if entry.side else limit >= self.price

    def is_complete(self) -> bool:
        """Whether the announced volume was traded and no order for this auction is left."""
        all_left = self.queue is None or not any(
            entry.queue == self.queue for entry in self.book.waiting.values()
        )
        return all_left and self.volume == min(self.traded, MAX_QTY)


def _rank(entry: Entry) -> tuple[bool, int]:
    """Market orders first, then the best limit."""
    return entry.price_ticks != NO_PRICE, entry.price_ticks if entry.side else -entry.price_ticks
