"""The audit of an event log: rebuilds the books from the events alone and counts inconsistencies.

The audit does not depend on a core. Each count is an integer; a correct log has 0 faults of each kind.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from obengine.api.messages import (
    CROSS,
    EVENT_RECORD,
    NO_PRICE,
    CancelReason,
    EventKind,
    Events,
    Priority,
    Queue,
    Rule,
    StateFlag,
    TradingState,
    placement_of,
)
from obengine.api.protocol import Snapshot
from obengine.audit.replay_arrival import Arrival
from obengine.audit.replay_auction import ReplayAuction
from obengine.audit.replay_book import Entry, ReplayBook, count_differences
from obengine.audit.replay_trades import ReplayTrades

EVENT_FAULTS: Final = (
    "unknown_event",
    "bad_quantity",
    "duplicate_accept",
    "orphan_cancel",
    "orphan_modify",
    "orphan_trade",
    "orphan_trigger",
    "wrong_quantity",
    "wrong_price",
    "wrong_refill",
    "wrong_state",
    "wrong_count",
    "priority_broken",
    "crossed_book",
    "market_order_rested",
)
"""The kinds of faults that `EventAudit` counts."""

_AUCTION_KINDS: Final = frozenset({EventKind.AUCTION_PRICE, EventKind.REFILLED})
_AUCTION_DETAILS: Final = frozenset({(EventKind.TRADED, CROSS), (EventKind.CANCELLED, CancelReason.AUCTION)})
_MAY_BE_EMPTY: Final = frozenset({EventKind.STATE_CHANGED, EventKind.MASS_CANCELLED, EventKind.CLOCK_SET})
_STAND_ALONE: Final = frozenset(
    {
        EventKind.REJECTED,
        EventKind.STEPS_SET,
        EventKind.RULE_SET,
        EventKind.LIMIT_STATE,
        EventKind.TRADE_WINDOW_SET,
        EventKind.TRADE_BUSTED,
        EventKind.INDICATION,
    }
)
_ARRIVAL_REASONS: Final = frozenset({CancelReason.IMMEDIATE, CancelReason.FILL_OR_KILL, CancelReason.MINIMUM})
_COUNTED: Final = {EventKind.MASS_CANCELLED: CancelReason.MASS, EventKind.CLOCK_SET: CancelReason.EXPIRED}


class EventAudit:
    """Audits the events of one engine from its first event on, batch after batch.

    An arriving order with id 0 is distinguished from a recorded execution by side, limit and lots. That is
    unambiguous for plain orders only; other orders should not have id 0.

    Attributes:
        faults: count by kind, see `EVENT_FAULTS`.
        lots: `entered` (accepted, plus or minus changes by modifies), `traded` (each trade counts once for
            each order that it names) and `cancelled`.
    """

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter(dict.fromkeys(EVENT_FAULTS, 0))
        self.lots: Counter[str] = Counter(entered=0, traded=0, cancelled=0)
        self._books: dict[int, ReplayBook] = {}
        self._arrival: Arrival | None = None
        self._auction: ReplayAuction | None = None
        self._refilling: ReplayBook | None = None
        self._cancelled_by_reason: Counter[int] = Counter()
        self._trades = ReplayTrades()
        self._next_sequence = 0
        self._readers = {
            EventKind.ACCEPTED: self._accept,
            EventKind.TRADED: self._trade,
            EventKind.CANCELLED: self._cancel,
            EventKind.MODIFIED: self._modify,
            EventKind.REFILLED: self._refill,
            EventKind.TRIGGERED: self._trigger,
            EventKind.STATE_CHANGED: self._change_state,
            EventKind.AUCTION_PRICE: self._start_auction,
        }

    def feed(self, events: Events) -> None:
        """Audit the next batch; a batch must not end within the events of a command."""
        for sequence, (kind, detail, symbol, qty, order_id, other_id, price) in enumerate(
            EVENT_RECORD.iter_unpack(events.tobytes()), self._next_sequence
        ):
            if kind == EventKind.TRADED:
                self._trades.keep(sequence, (symbol, detail, qty, price))
            if kind in _STAND_ALONE:
                self._finish_arrival()
                self._read_alone(kind, detail, symbol, qty, order_id, other_id, price)
                continue
            if qty <= 0 and kind not in _MAY_BE_EMPTY:
                self.faults["bad_quantity"] += 1
            if kind in _COUNTED:
                self._finish_arrival()
                self.faults["wrong_count"] += qty != self._cancelled_by_reason.pop(
                    _COUNTED[EventKind(kind)], 0
                )
                continue
            read = self._readers.get(kind)
            if read is None:
                self.faults["unknown_event"] += 1
                continue
            if (
                self._auction is not None
                and kind not in _AUCTION_KINDS
                and (kind, detail) not in _AUCTION_DETAILS
            ):
                self._end_auction(self._auction)
            read(detail, symbol, qty, order_id, other_id, price)
        self._next_sequence += len(events)
        self._finish_arrival()

    def resting_lots(self) -> int:
        """The open lots after the last batch, according to the events."""
        return sum(entry.open_lots for book in self._books.values() for entry in book.in_order())

    def unaccounted_lots(self) -> int:
        """Entered minus traded, cancelled and open lots: 0 in a correct log."""
        left = self.lots["traded"] + self.lots["cancelled"] + self.resting_lots()
        return self.lots["entered"] - left

    def snapshot_differences(self, snapshot: Snapshot) -> int:
        """The number of positions at which the snapshot's orders differ from those of the events."""
        return count_differences(self._books, snapshot)

    def _read_alone(
        self, kind: int, detail: int, symbol: int, qty: int, order_id: int, other_id: int, price: int
    ) -> None:
        """An event that belongs to no order."""
        if kind == EventKind.RULE_SET and detail == Rule.MATCHING:
            self._book(symbol).set_matching(qty, other_id)
        elif kind == EventKind.STEPS_SET or (kind == EventKind.RULE_SET and detail == Rule.STEPS_FROM):
            self._book(symbol).has_steps = kind == EventKind.RULE_SET or (order_id, qty) != (1, 1)
        elif kind == EventKind.TRADE_WINDOW_SET:
            self._trades.resize(qty)
        elif kind == EventKind.TRADE_BUSTED:
            self.faults["orphan_trade"] += not self._trades.bust(order_id, (symbol, detail, qty, price))

    def _book(self, symbol: int) -> ReplayBook:
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = ReplayBook()
        return book

    def _accept(self, side: int, symbol: int, qty: int, order_id: int, placement: int, price: int) -> None:
        self._finish_arrival()
        book = self._book(symbol)
        if book.find(order_id):
            self.faults["duplicate_accept"] += 1
            return
        self.lots["entered"] += qty
        entry = Entry(order_id, side & 1, price, qty, placement & 255, placement >> 32)
        entry.imbalance_only = bool(placement & 256)
        if entry.queue >= Queue.WAITING:
            book.waiting[order_id] = entry
        else:
            self._start_arrival(symbol, entry)

    def _start_arrival(self, symbol: int, entry: Entry) -> None:
        self._arrival = Arrival(symbol, entry, set())
        if self._book(symbol).state != TradingState.OPEN:
            self._finish_arrival()

    def _trade(self, side: int, symbol: int, qty: int, taker: int, maker: int, price: int) -> None:
        if side == CROSS:
            self._cross(symbol, qty, taker, maker, price)
            return
        book = self._book(symbol)
        self._check_refills()
        entry, arrival = book.orders.get(maker), self._arrival
        if arrival is None or not arrival.is_fill(side, symbol, qty, taker, entry, price):
            self._finish_arrival()
            arrival = None
            entry = book.orders.get(maker)
            if taker:
                self.faults["orphan_trade"] += 1
        if entry is None or entry.side == side:
            self.faults["orphan_trade"] += 1
            return
        self.faults["wrong_price"] += price != entry.price_ticks
        self.faults["wrong_quantity"] += qty > entry.open_lots
        if arrival is not None:
            self._fill(book, arrival, entry, qty)
        self.lots["traded"] += qty
        book.take(entry, qty)
        if book.pending_refills:
            self._refilling = book
            if arrival is not None:
                arrival.refilled.add(maker)

    def _fill(self, book: ReplayBook, arrival: Arrival, maker: Entry, qty: int) -> None:
        """Apply the taker's part of a trade."""
        taker = arrival.entry
        is_shown = maker.queue != Queue.DISPLAYED or maker.order_id in arrival.refilled
        self.faults["wrong_quantity"] += qty > taker.open_lots or (not is_shown and qty > maker.shown_lots)
        if book.pro_rata is not None and maker.queue == Queue.DISPLAYED:
            self.faults["priority_broken"] += not self._is_next_share(book, arrival, maker, qty)
        else:
            self.faults["priority_broken"] += not book.is_next(maker, taker.open_lots)
        taker.open_lots -= qty
        self.lots["traded"] += qty

    @staticmethod
    def _is_next_share(book: ReplayBook, arrival: Arrival, maker: Entry, qty: int) -> bool:
        """Whether a trade is the next one that pro-rata matching gives."""
        if not arrival.shares:
            whole = arrival.shared_price == maker.price_ticks
            arrival.shares = book.shares_of(maker, arrival.entry.open_lots, whole)
            arrival.shared_price = maker.price_ticks
        return book.is_best(maker) and arrival.shares.popleft() == (maker.order_id, qty)

    def _cross(self, symbol: int, qty: int, buy_id: int, sell_id: int, price: int) -> None:
        book = self._book(symbol)
        auction = self._auction
        buy, sell = (auction.find(buy_id), auction.find(sell_id)) if auction else (None, None)
        if (
            auction is None
            or not buy
            or not sell
            or buy.side
            or not sell.side
            or buy.imbalance_only & sell.imbalance_only
        ):
            self.faults["orphan_trade"] += 1
            return
        auction.traded += qty
        self._refilling = book
        right_price = price == auction.price and auction.accepts_price(buy) and auction.accepts_price(sell)
        self.faults["wrong_price"] += not right_price
        self.faults["wrong_quantity"] += qty > min(buy.open_lots, sell.open_lots)
        for entry in (buy, sell):
            self.faults["priority_broken"] += not auction.is_next(entry)
            self.lots["traded"] += qty
        for entry in (buy, sell):
            book.take(entry, qty)

    def _refill(self, side: int, symbol: int, qty: int, order_id: int, _: int, price: int) -> None:
        book = self._book(symbol)
        entry = book.pending_refills.get(order_id)
        if entry is None:
            self.faults["wrong_refill"] += 1
            return
        right = (entry.side, min(entry.display_lots, entry.open_lots), entry.price_ticks)
        self.faults["wrong_refill"] += (side, qty, price) != right
        book.refill(entry, qty)

    def _cancel(self, reason: int, symbol: int, qty: int, order_id: int, _: int, price: int) -> None:
        arrival = self._arrival
        is_arrival = arrival is not None and (arrival.symbol, arrival.entry.order_id) == (symbol, order_id)
        if arrival is not None and is_arrival and reason in (*_ARRIVAL_REASONS, CancelReason.SELF_TRADE):
            entry = arrival.entry
            part = reason == CancelReason.SELF_TRADE and qty < entry.open_lots
            self._count_cancel(qty, not part and qty != entry.open_lots, price != entry.price_ticks)
            entry.open_lots -= qty
            if entry.open_lots <= 0:
                self._arrival = None
            return
        if reason in _ARRIVAL_REASONS:
            self.faults["orphan_cancel"] += 1
            return
        if reason == CancelReason.AUCTION:
            self.faults["wrong_state"] += self._auction is None or self._auction.find(order_id) is None
        elif reason != CancelReason.SELF_TRADE:
            self._finish_arrival()
        open_order = self._book(symbol).find(order_id)
        if open_order is None:
            self.faults["orphan_cancel"] += 1
            return
        self._cancelled_by_reason[reason] += 1
        self._count_cancel(qty, qty > open_order.open_lots, price != open_order.price_ticks)
        self._book(symbol).shrink(open_order, max(open_order.open_lots - qty, 0))

    def _count_cancel(self, qty: int, wrong_quantity: bool, wrong_price: bool) -> None:
        self.lots["cancelled"] += qty
        self.faults["wrong_quantity"] += wrong_quantity
        self.faults["wrong_price"] += wrong_price

    def _modify(self, priority: int, symbol: int, qty: int, order_id: int, _: int, price: int) -> None:
        self._finish_arrival()
        book = self._book(symbol)
        entry = book.find(order_id)
        if entry is None:
            self.faults["orphan_modify"] += 1
            return
        self.lots["entered"] += qty - entry.open_lots
        in_place = book.keeps_place(entry, qty, price, priority)
        self.faults["priority_broken"] += in_place != (priority == Priority.KEPT)
        if in_place:
            entry.price_ticks = price
            book.shrink(entry, qty)
            return
        book.remove(entry)
        self._start_arrival(symbol, replace(entry, price_ticks=price, open_lots=qty, shown_lots=0))

    def _trigger(self, side: int, symbol: int, qty: int, order_id: int, placement: int, price: int) -> None:
        self._finish_arrival()
        book = self._book(symbol)
        resting = book.orders.get(order_id)
        if resting is not None and resting.queue == Queue.CONDITIONAL:
            self._look_again(symbol, resting, (side, qty, placement, price))
            return
        stop = book.waiting.pop(order_id, None)
        if stop is None:
            self.faults["orphan_trigger"] += 1
            return
        self.faults["wrong_quantity"] += (stop.side, stop.open_lots) != (side, qty)
        self.faults["wrong_state"] += book.state != TradingState.OPEN
        entry = Entry(order_id, stop.side, price, stop.open_lots, placement & 255, placement >> 32)
        self._start_arrival(symbol, entry)

    def _look_again(self, symbol: int, order: Entry, given: tuple[int, int, int, int]) -> None:
        """A resting AON order leaves its queue, to be filled completely."""
        book = self._book(symbol)
        side, qty, placement, price = given
        right = (order.side, order.open_lots, placement_of(Queue.CONDITIONAL, 0))
        self.faults["wrong_quantity"] += (side, qty, placement) != right
        self.faults["wrong_price"] += price != order.price_ticks
        self.faults["wrong_state"] += book.state != TradingState.OPEN
        book.remove(order)
        self._start_arrival(symbol, order)
        if self._arrival is not None:
            self._arrival.looks_again = True

    def _change_state(self, state: int, symbol: int, _: int, old: int, flags: int, __: int) -> None:
        self._finish_arrival()
        book = self._book(symbol)
        self.faults["wrong_state"] += book.state != old
        ending = book.auction_queue if book.state == TradingState.AUCTION else None
        book.state = state
        book.auction_queue = Queue.ON_CLOSE if flags & StateFlag.CLOSING else Queue.ON_OPEN
        if state == TradingState.OPEN or flags & StateFlag.UNCROSS:
            self._auction = ReplayAuction(book, ending)

    def _start_auction(self, _: int, __: int, volume: int, ___: int, ____: int, price: int) -> None:
        """Start an uncross at one price."""
        if self._auction is None:
            self.faults["wrong_state"] += 1
            return
        self._auction.price, self._auction.volume = price, volume

    def _end_auction(self, auction: ReplayAuction) -> None:
        """Check the traded volume, that no order waits any more, and that the book is not crossed."""
        self._auction = None
        self.faults["wrong_quantity"] += not auction.is_complete()
        self.faults["crossed_book"] += auction.book.is_crossed()

    def _finish_arrival(self) -> None:
        """Finish the last order: its remainder rests, and all icebergs must have been refilled."""
        if self._auction is not None:
            self._end_auction(self._auction)
        self._check_refills()
        arrival, self._arrival = self._arrival, None
        if arrival is None or not arrival.entry.open_lots:
            return
        entry, book = arrival.entry, self._book(arrival.symbol)
        self.faults["wrong_quantity"] += arrival.looks_again
        if entry.price_ticks == NO_PRICE and entry.queue <= Queue.WAITING:
            self.faults["market_order_rested"] += 1
            return
        book.rest(entry)
        if book.state == TradingState.OPEN and entry.queue < Queue.CONDITIONAL:
            best = book.sides[1 - entry.side].best()
            price = entry.price_ticks
            self.faults["crossed_book"] += best is not None and (
                best >= price if entry.side else best <= price
            )

    def _check_refills(self) -> None:
        """Count icebergs whose shown lots are used up but which were not refilled."""
        if self._refilling is not None:
            self.faults["wrong_refill"] += len(self._refilling.pending_refills)
            self._refilling.pending_refills.clear()
            self._refilling = None
