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

    __slots__ = ("_apart", "_imbalance_only", "book", "price", "queue", "traded", "volume")

    def __init__(self, book: ReplayBook, queue: int | None) -> None:
        self.book, self.queue = book, queue
        self.price, self.volume, self.traded = NO_PRICE, 0, 0
        waiting = sorted((entry for entry in book.waiting.values() if entry.queue == queue), key=_rank)
        self._apart, self._imbalance_only = (
            tuple(
                deque(
                    entry for entry in waiting if (entry.side, entry.imbalance_only) == (side, imbalance_only)
                )
                for side in Side
            )
            for imbalance_only in (False, True)
        )

    def find(self, order_id: int) -> Entry | None:
        """An order that takes part."""
        entry = self.book.find(order_id)
        takes_part = entry is not None and entry.queue in (Queue.DISPLAYED, Queue.HIDDEN, self.queue)
        return entry if takes_part else None

    def is_next(self, entry: Entry) -> bool:
        """Whether an order is the next of its side to trade."""
        first = self._first(entry.side)
        if not entry.imbalance_only:
            return entry is first
        if first is not None and self.accepts_price(first):
            return False
        return entry is _first_open(self._imbalance_only[entry.side])

    def _first(self, side: int) -> Entry | None:
        """The next order of a side to trade, imbalance-only orders aside."""
        best, apart = self.book.best_entry(side), _first_open(self._apart[side])
        if best is None or apart is None:
            return best or apart
        return apart if _rank(apart) < _rank(best) else best

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


def _first_open(entries: deque[Entry]) -> Entry | None:
    """The first order with lots left; those before it are dropped."""
    while entries and entries[0].open_lots <= 0:
        entries.popleft()
    return entries[0] if entries else None


def _rank(entry: Entry) -> tuple[bool, int]:
    """Market orders first, then the best limit."""
    return entry.price_ticks != NO_PRICE, entry.price_ticks if entry.side else -entry.price_ticks
