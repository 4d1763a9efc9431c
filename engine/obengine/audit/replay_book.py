"""The open orders of a symbol, rebuilt from events alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from obengine.api.messages import Matching, Priority, Queue, Side, TradingState
from obengine.api.protocol import Snapshot
from obengine.audit.replay_pro_rata import Shares, expected_shares


@dataclass(slots=True)
class Entry:
    """An open order; `shown_lots` is 0 outside displayed queues."""

    order_id: int
    side: int
    price_ticks: int
    open_lots: int
    queue: int
    display_lots: int
    shown_lots: int = 0
    imbalance_only: bool = False


EntryQueue = OrderedDict[int, Entry]
"""The orders of one queue, oldest first."""


class ReplaySide:
    """One side: displayed and hidden queues by price with a heap over both, conditional ones by price."""

    __slots__ = ("_heap", "_sign", "conditional", "displayed", "hidden")

    def __init__(self, side: int) -> None:
        self.displayed: dict[int, EntryQueue] = {}
        self.hidden: dict[int, EntryQueue] = {}
        self.conditional: dict[int, EntryQueue] = {}
        self._heap: list[int] = []
        self._sign = 1 if side else -1

    def best(self) -> int | None:
        """The best price of a displayed or hidden order."""
        while self._heap:
            price = self._heap[0] * self._sign
            if self.displayed.get(price) or self.hidden.get(price):
                return price
            heappop(self._heap)
            self.displayed.pop(price, None)
            self.hidden.pop(price, None)
        return None

    def queue_of(self, entry: Entry) -> EntryQueue:
        """The queue of an order, created if missing."""
        price = entry.price_ticks
        if entry.queue == Queue.CONDITIONAL:
            return self.conditional.setdefault(price, OrderedDict())
        queues = self.displayed if entry.queue == Queue.DISPLAYED else self.hidden
        queue_of = queues.get(price)
        if queue_of is None:
            queue_of = queues[price] = OrderedDict()
            heappush(self._heap, price * self._sign)
        return queue_of

    def before(self, entry: Entry) -> Iterator[Entry]:
        """The conditional orders that a taker reaches before this order."""
        rank = entry.price_ticks * self._sign
        for price, queue_of in self.conditional.items():
            if price * self._sign < rank:
                yield from queue_of.values()
            elif price == entry.price_ticks and entry.queue == Queue.CONDITIONAL:
                for other in queue_of.values():
                    if other is entry:
                        break
                    yield other

    def in_order(self) -> Iterator[Entry]:
        """All orders, in snapshot order."""
        queues = (self.displayed, self.hidden, self.conditional)
        for price in sorted({*self.displayed, *self.hidden, *self.conditional}, key=self._sign.__mul__):
            for by_price in queues:
                yield from by_price.get(price, {}).values()


class ReplayBook:
    """The open orders of one symbol according to its events.

    Attributes:
        orders: resting orders by id.
        waiting: the orders outside the levels by id, in order of arrival: stops, and those for an auction.
        pro_rata: the least allocation and the most lots of the top order, None if orders match by time.
        top: id of the top order of each side, None if there is none.
        pending_refills: icebergs whose shown lots are used up and whose REFILLED event is pending.
        auction_queue: in AUCTION, the queue of the orders that wait for this auction.
        has_steps: whether some prices are not valid.
    """

    __slots__ = (
        "auction_queue",
        "has_steps",
        "orders",
        "pending_refills",
        "pro_rata",
        "sides",
        "state",
        "top",
        "waiting",
    )

    def __init__(self) -> None:
        self.orders: dict[int, Entry] = {}
        self.waiting: dict[int, Entry] = {}
        self.pending_refills: dict[int, Entry] = {}
        self.sides = (ReplaySide(Side.BUY), ReplaySide(Side.SELL))
        self.state: int = TradingState.OPEN
        self.pro_rata: tuple[int, int] | None = None
        self.top: list[int | None] = [None, None]
        self.auction_queue: int = Queue.ON_OPEN
        self.has_steps = False

    def find(self, order_id: int) -> Entry | None:
        """An open order, resting or waiting."""
        return self.orders.get(order_id) or self.waiting.get(order_id)

    def rest(self, entry: Entry) -> None:
        """Append an order to its queue."""
        if entry.queue >= Queue.WAITING:
            self.waiting[entry.order_id] = entry
            return
        if entry.queue == Queue.DISPLAYED:
            if self.pro_rata is not None and self.state == TradingState.OPEN:
                self._note_top_order(entry)
            entry.shown_lots = min(entry.display_lots or entry.open_lots, entry.open_lots)
        self.sides[entry.side].queue_of(entry)[entry.order_id] = entry
        self.orders[entry.order_id] = entry

    def remove(self, entry: Entry) -> None:
        """Remove an order."""
        if self.waiting.pop(entry.order_id, None) is None:
            self._drop_top_order(entry)
            del self.orders[entry.order_id]
            del self.sides[entry.side].queue_of(entry)[entry.order_id]

    def set_matching(self, least_lots: int, setting: int) -> None:
        """Follow RULE_SET of MATCHING."""
        shares = setting >> 32 == Matching.PRO_RATA
        self.pro_rata = (least_lots, setting & 0xFFFF_FFFF) if shares else None
        self.top = [None, None]

    def _note_top_order(self, entry: Entry) -> None:
        """Give an order the status of the top order if it betters all displayed ones."""
        sign = 1 if entry.side else -1
        displayed = self.sides[entry.side].displayed.items()
        if all(entry.price_ticks * sign < price * sign for price, queue_of in displayed if queue_of):
            self.top[entry.side] = entry.order_id

    def _drop_top_order(self, entry: Entry) -> None:
        if self.top[entry.side] == entry.order_id:
            self.top[entry.side] = None

    def shares_of(self, entry: Entry, lots: int, whole: bool) -> Shares:
        """What a taker with so many lots trades pro rata with the displayed orders of this order's level."""
        level = self.sides[entry.side].displayed[entry.price_ticks].values()
        sizes = ((other.order_id, other.open_lots if whole else other.shown_lots) for other in level)
        return expected_shares(self.pro_rata or (0, 0), lots, sizes, self.top[entry.side])

    def is_best(self, entry: Entry) -> bool:
        """Whether no displayed or hidden order of its side has a better price."""
        return self.sides[entry.side].best() == entry.price_ticks

    def keeps_place(self, entry: Entry, lots: int, price_ticks: int, priority: int) -> bool:
        """Whether a MODIFY keeps an order in place; its priority decides if a slide could give either."""
        same = price_ticks == entry.price_ticks and lots <= entry.open_lots
        if entry.queue == Queue.WAITING or not same or not self._may_have_slid(entry):
            return entry.queue == Queue.WAITING or same
        return priority == Priority.KEPT

    def _may_have_slid(self, entry: Entry) -> bool:
        """Whether a MODIFY to a better price could slide back to the price that an order has."""
        best = self.sides[1 - entry.side].best()
        if best is None or self.state != TradingState.OPEN or entry.queue > Queue.HIDDEN:
            return False
        return self.has_steps or abs(best - entry.price_ticks) == 1

    def shrink(self, entry: Entry, lots: int) -> None:
        """Reduce an order to `lots` in place; the reserve is reduced first."""
        entry.open_lots = lots
        entry.shown_lots = min(entry.shown_lots, lots)
        if not lots:
            self.remove(entry)

    def take(self, entry: Entry, lots: int) -> None:
        """Remove traded lots, shown lots first; a refill may then be pending."""
        entry.open_lots -= lots
        if entry.open_lots <= 0:
            self.pending_refills.pop(entry.order_id, None)
            self.remove(entry)
        elif entry.queue == Queue.DISPLAYED:
            entry.shown_lots = max(entry.shown_lots - lots, 0)
            if not entry.shown_lots:
                self.pending_refills[entry.order_id] = entry

    def refill(self, entry: Entry, lots: int) -> None:
        """Refill an iceberg and move it to the end of its queue."""
        self.pending_refills.pop(entry.order_id, None)
        entry.shown_lots = lots
        self._drop_top_order(entry)
        self.sides[entry.side].queue_of(entry).move_to_end(entry.order_id)

    def is_next(self, entry: Entry, left: int) -> bool:
        """Whether a taker with `left` lots reaches this order before any other that it could trade with."""
        side = self.sides[entry.side]
        if side.conditional and any(other.open_lots <= left for other in side.before(entry)):
            return False
        best, price = side.best(), entry.price_ticks
        if entry.queue == Queue.CONDITIONAL:
            return entry.open_lots <= left and (
                best is None or (best > price if entry.side else best < price)
            )
        if price != best:
            return False
        displayed = side.displayed.get(price)
        return entry.order_id == next(iter(displayed or side.hidden[price]))

    def best_entry(self, side: int) -> Entry | None:
        """The first displayed or hidden order at the best price of a side."""
        orders = self.sides[side]
        price = orders.best()
        if price is None:
            return None
        queue = orders.displayed.get(price) or orders.hidden[price]
        return next(iter(queue.values()))

    def is_crossed(self) -> bool:
        """Whether displayed or hidden orders of the two sides could trade."""
        bid, ask = self.sides[Side.BUY].best(), self.sides[Side.SELL].best()
        return bid is not None and ask is not None and bid >= ask

    def in_order(self) -> Iterator[Entry]:
        """All orders, in snapshot order."""
        for side in self.sides:
            yield from side.in_order()
        yield from sorted(self.waiting.values(), key=_queue_and_side)


def count_differences(books: Mapping[int, ReplayBook], snapshot: Snapshot) -> int:
    """The number of positions at which the snapshot's orders differ from those of the books by symbol."""
    rebuilt = [
        (symbol, e.side, e.queue, e.open_lots, e.display_lots, e.shown_lots, e.order_id, e.price_ticks)
        for symbol, book in sorted(books.items())
        for e in book.in_order()
    ]
    fields = ["symbol", "side", "queue", "open_lots", "display_lots", "shown_lots", "order_id", "price_ticks"]
    kept: list[tuple[int, ...]] = snapshot.orders[fields].tolist()
    return sum(a != b for a, b in zip(rebuilt, kept, strict=False)) + abs(len(rebuilt) - len(kept))


def _queue_and_side(entry: Entry) -> tuple[int, int]:
    return entry.queue, entry.side
