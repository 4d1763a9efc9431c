"""A second model of the book, slow on purpose: one list that is scanned for everything.

It shares no code with the cores but the codes and layouts of messages.py and snapshot.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np

from obengine.api.messages import (
    ALL_SYMBOLS,
    EVENT,
    MAX_QTY,
    NO_PRICE,
    BandMode,
    CancelReason,
    Commands,
    EventKind,
    Events,
    Op,
    OrderFlag,
    OrderKind,
    Priority,
    RejectCode,
    Rule,
    SelfTrade,
    Side,
    TimeInForce,
    TradingState,
)
from obengine.api.snapshot import RESTING
from tests.property.naive_auction import clearing
from tests.property.naive_order import Order, record
from tests.property.naive_rules import NaiveRules
from tests.property.naive_validation import Command, Extension, form_refusal

EventRow = tuple[int, int, int, int, int, int, int]
MAX_PRICE = 2**63 - 1


class NaiveBook:
    """The whole specification by scanning."""

    def __init__(self, symbols: int) -> None:
        self.symbols = symbols
        self.open: list[Order] = []
        self.age = self.clock = 0
        self.extension: Extension | None = None
        self.state = [0] * symbols
        self.closing = [False] * symbols
        self.last: list[int | None] = [None] * symbols
        self.rules = [NaiveRules() for _ in range(symbols)]
        self.prices: list[int] = []
        self.elected: list[Order] = []
        self.rows: list[EventRow] = []
        self.sequence = self.window = self.more = 0
        self.trades: list[tuple[int, EventRow]] = []
        self.busted: set[int] = set()

    def apply(self, commands: Commands) -> Events:
        """Events of a batch, one command after another."""
        rows = [row for fields in commands.tolist() for row in self.counted(Command(*fields))]
        return np.array(rows, EVENT)

    def counted(self, command: Command) -> list[EventRow]:
        """Events of one command, whose trades are kept by sequence number."""
        rows = self.one(command)
        made = [(self.sequence + at, row) for at, row in enumerate(rows) if row[0] == EventKind.TRADED]
        self.sequence += len(rows)
        self.trades = [*self.trades, *made][-self.window :] if self.window else []
        return rows

    def bust(self, trade_id: int) -> int:
        """Declare a kept trade void."""
        found = [row for sequence, row in self.trades if sequence == trade_id]
        if not found:
            return RejectCode.UNKNOWN_TRADE
        if trade_id in self.busted:
            return RejectCode.ALREADY_BUSTED
        self.busted.add(trade_id)
        _, detail, symbol, lots, _, _, price = found[0]
        self.rows.append((EventKind.TRADE_BUSTED, detail, symbol, lots, trade_id, 0, price))
        return 0

    def one(self, command: Command) -> list[EventRow]:
        """Events of one command."""
        self.rows, self.prices = [], []
        extension, self.extension = self.extension, None
        if command.op == Op.EXTEND:
            self.extension = Extension(
                command.qty_lots, command.participant, command.order_id, command.price_ticks
            )
            return []
        code = form_refusal(command, extension, self.symbols, self.clock) or self.act(
            command, extension if command.flags & 1 and extension else Extension(0, 0, 0, 0)
        )
        if code:
            c = command
            self.rows = [(5, code, c.symbol, c.qty_lots, c.order_id, c.op, c.price_ticks)]
        elif command.op <= Op.EXECUTE or command.op in (Op.STATE, Op.RULE):
            self.settle(command.symbol)
        return self.rows

    def act(self, command: Command, extension: Extension) -> int:
        """Apply a valid command, or return the reject code."""
        if command.op == Op.NEW:
            return self.new(command, extension)
        if command.op == Op.MASS_CANCEL:
            return self.mass_cancel(command)
        if command.op == Op.CLOCK:
            return self.set_clock(command)
        if command.op == Op.TRADE_WINDOW:
            self.window = command.qty_lots
            self.rows.append((EventKind.TRADE_WINDOW_SET, 0, command.symbol, self.window, 0, 0, 0))
            return 0
        if command.op == Op.INDICATE:
            self.indicate(command.symbol, command.price_ticks)
            return 0
        if command.op == Op.BUST:
            return self.bust(command.order_id)
        if command.op == Op.STATE:
            return self.set_state(command)
        if command.op == Op.STEPS:
            self.rules[command.symbol].rows = {NO_PRICE: (command.participant, command.qty_lots)}
            self.rows.append((12, 0, command.symbol, command.qty_lots, command.participant, 0, 0))
            return 0
        if command.op == Op.RULE:
            return self.set_rule(command)
        order = self.find(command.symbol, command.order_id)
        if order is None or (order.queue > 2 and command.op == Op.EXECUTE):
            return RejectCode.UNKNOWN_ORDER
        if command.op == Op.CANCEL:
            self.withdraw(order, min(command.qty_lots or order.qty, order.qty), CancelReason.REQUESTED)
        elif command.op == Op.EXECUTE:
            self.trade(1 - order.side, min(command.qty_lots, order.qty), 0, order, order.price)
        else:
            return self.modify(command, order, extension)
        return 0

    def set_rule(self, c: Command) -> int:
        rules = self.rules[c.symbol]
        if c.kind == Rule.STEPS_FROM and not rules.add_row(c.price_ticks, (c.participant, c.qty_lots)):
            return RejectCode.BAD_RULE
        about = c.participant + c.side * 2**32
        self.rows.append((13, c.kind, c.symbol, c.qty_lots, c.order_id, about, c.price_ticks))
        if c.kind == Rule.STEPS_FROM:
            return 0
        if c.kind == Rule.MATCHING:
            rules.shares = (c.qty_lots, c.participant) if c.side else None
            rules.top = [None, None]
            return 0
        rules.set_band(c.side, c.price_ticks, c.order_id, (c.qty_lots, c.participant))
        self.cancel_outside(c.symbol)
        return 0

    def holds(self, symbol: int) -> bool:
        """Whether the band of a symbol, if it has one, holds."""
        return self.rules[symbol].mode == BandMode.REJECT or self.state[symbol] == TradingState.OPEN

    def cancel_outside(self, symbol: int) -> None:
        last = 5 if self.rules[symbol].mode == BandMode.REJECT else 2
        for order in [o for o in self.in_order() if o.symbol == symbol and o.queue <= last and not o.waits]:
            forbidden = order.price != NO_PRICE and self.rules[symbol].forbids(order.side, order.price)
            if self.holds(symbol) and forbidden:
                self.withdraw(order, order.qty, CancelReason.BAND)

    def inside(self, order: Order, price: int) -> int:
        """The price that a band of mode PAUSE makes of a limit."""
        rules = self.rules[order.symbol]
        moved = rules.mode == BandMode.PAUSE and self.holds(order.symbol)
        outside = moved and order.queue < 3 and rules.forbids(order.side, price)
        return self.last_inside(order.symbol, order.side) if outside else price

    def report(self, kind: int, detail: int, order: Order, qty: int, other: int = 0) -> None:
        self.rows.append((kind, detail, order.symbol, qty, order.order_id, other, order.price))

    def new(self, c: Command, x: Extension) -> int:
        if self.find(c.symbol, c.order_id):
            return RejectCode.DUPLICATE_ID
        unpriced = c.kind in (OrderKind.STOP, OrderKind.TRAILING_STOP)
        price = NO_PRICE if unpriced else c.price_ticks
        order = Order(c.symbol, c.side, c.order_id, c.participant, price, c.qty_lots, 0)
        order.kind, order.tif, order.flags = c.kind, c.tif, c.flags & 0xFFFE
        if order.queue > 3 and price != NO_PRICE:
            order.kind = OrderKind.LIMIT
        order.display, order.expiry = x.display, x.expiry
        if c.kind >= OrderKind.TRAILING_STOP:
            order.trail, order.trigger = x.trigger, NO_PRICE
        else:
            order.trigger = x.trigger
        code = self.off_step(order, price, x.trigger, (c.qty_lots, x.display))
        code = code or self.admit(order, x.minimum)
        if code:
            return code
        if order.flags & OrderFlag.TO_LIMIT:
            makers = [o for o in self.book(order.symbol, 1 - order.side) if o.queue < 2]
            allowed = makers and not self.rules[order.symbol].forbids(order.side, makers[0].price)
            if allowed and self.within(makers[0], order):
                order.kind, order.price = OrderKind.LIMIT, makers[0].price
                order.flags -= OrderFlag.TO_LIMIT
        self.report(EventKind.ACCEPTED, order.side, order, order.qty, order.placement)
        if order.waits:
            self.stand(order)
            last = self.last[c.symbol]
            if last is not None:
                self.follow(order, last)
                if self.state[c.symbol] == TradingState.OPEN and self.reached(order, last):
                    self.open.remove(order)
                    self.elected.append(order)
        else:
            self.arrive(order, x.minimum)
        return 0

    def admit(self, order: Order, minimum: int = 0) -> int:
        """What the state and the book have against an arrival; a sliding order is repriced."""
        state, post_only = self.state[order.symbol], order.flags & OrderFlag.POST_ONLY
        rules = self.rules[order.symbol]
        outside = order.kind == OrderKind.LIMIT and rules.forbids(order.side, order.price)
        if outside and rules.mode == BandMode.REJECT:
            return RejectCode.OUTSIDE_BAND
        if outside:
            order.price = self.inside(order, order.price)
        if state == TradingState.HALT:
            return RejectCode.HALTED
        if state == TradingState.AUCTION and order.queue < 3:
            lasting = order.tif in (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)
            if order.kind == OrderKind.MARKET or not lasting or post_only or minimum:
                return RejectCode.NOT_IN_AUCTION
        if state == TradingState.OPEN and post_only:
            makers = [o for o in self.book(order.symbol, 1 - order.side) if o.queue < 2]
            if makers and self.within(makers[0], order):
                if not order.flags & OrderFlag.SLIDE:
                    return RejectCode.WOULD_TAKE
                slid = makers[0].price - order.sign
                while not self.rules[order.symbol].is_valid(slid):
                    slid -= order.sign
                if not NO_PRICE < slid <= MAX_PRICE:
                    return RejectCode.BAD_PRICE
                order.price = slid
        return 0

    def off_step(self, order: Order, limit: int, trigger: int | None, lots: tuple[int, ...]) -> int:
        """What the steps have against a limit (or offset), a new trigger (or trail) and quantities."""
        rules, last = self.rules[order.symbol], self.last[order.symbol]
        distances = [ticks for ticks in (limit, trigger or 0) if ticks != NO_PRICE] if order.trail else []
        prices = [limit] if limit != NO_PRICE and not order.trail else []
        first = prices[0] if prices else NO_PRICE if last is None else last
        if order.waits and not order.trail:
            new = order.trigger if trigger is None else trigger
            first = prices[0] if prices else new
            prices += [] if trigger is None else [trigger]
        price_step, lot_step = rules.row(first)
        if not all(map(rules.is_valid, prices)) or any(ticks % price_step for ticks in distances):
            return RejectCode.OFF_STEP_PRICE
        return RejectCode.OFF_STEP_QUANTITY if any(n % lot_step for n in lots) else 0

    def modify(self, c: Command, order: Order, x: Extension) -> int:
        if c.flags and (not order.waits or (x.trigger <= 0 if order.trail else x.trigger == NO_PRICE)):
            return RejectCode.BAD_TRIGGER
        unpriced = order.kind in (OrderKind.STOP, OrderKind.TRAILING_STOP, OrderKind.MARKET)
        limit = NO_PRICE if unpriced else c.price_ticks
        off = self.off_step(order, limit, x.trigger if c.flags else None, (c.qty_lots,))
        if off:
            return off
        if order.waits:
            order.qty = c.qty_lots
            if order.kind in (OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP_LIMIT):
                order.price = c.price_ticks
            self.report(EventKind.MODIFIED, Priority.KEPT, order, order.qty)
            if c.flags:
                self.amend(order, x.trigger)
            return 0
        lots, price = c.qty_lots, self.inside(order, limit)
        if order.flags & OrderFlag.TOTAL:
            lots -= order.filled
            if lots <= 0:
                self.withdraw(order, order.qty, CancelReason.REQUESTED)
                return 0
        if price == order.price and lots <= order.qty:
            order.qty = lots
            order.shown = min(order.shown, order.qty)
            self.report(EventKind.MODIFIED, Priority.KEPT, order, order.qty)
            return 0
        again = copy.copy(order)
        again.price, again.qty = price, lots
        code = self.admit(again)
        if code:
            return code
        self.open.remove(order)
        self.report(EventKind.MODIFIED, Priority.LOST, again, again.qty)
        self.arrive(again, 0)
        return 0

    def amend(self, stop: Order, trigger: int) -> None:
        """A new trigger or trail; the price that the last price reaches elects at once."""
        if stop.trail and stop.trigger != NO_PRICE:
            seen = min(max(stop.trigger - stop.sign * stop.trail, NO_PRICE + 1), MAX_PRICE)
            stop.trigger = min(max(seen + stop.sign * trigger, NO_PRICE + 1), MAX_PRICE)
        if stop.trail:
            stop.trail = trigger
        else:
            stop.trigger = trigger
        last = self.last[stop.symbol]
        if last is not None and self.state[stop.symbol] == TradingState.OPEN and self.reached(stop, last):
            self.open.remove(stop)
            self.elected.append(stop)

    def arrive(self, taker: Order, minimum: int) -> None:
        """An order that is not a stop any more meets the book."""
        if self.state[taker.symbol] != TradingState.OPEN or taker.queue > 3:
            self.stand(taker)
            return
        whole = taker.tif in (TimeInForce.FOK, TimeInForce.AON)
        if self.would_trade(taker) < (taker.qty if whole else minimum):
            if taker.tif == TimeInForce.AON:
                self.stand(taker)
            else:
                reason = CancelReason.FILL_OR_KILL if whole else CancelReason.MINIMUM
                self.report(EventKind.CANCELLED, reason, taker, taker.qty)
            return
        if not taker.flags & OrderFlag.POST_ONLY:
            self.match(taker, dry=False)
        if taker.qty and (taker.kind == OrderKind.MARKET or taker.tif == TimeInForce.IOC):
            self.report(EventKind.CANCELLED, CancelReason.IMMEDIATE, taker, taker.qty)
        elif taker.qty:
            self.stand(taker)

    def would_trade(self, taker: Order) -> int:
        """The walk: matching a copy against a copy, until an own order ends it."""
        trial, double = copy.deepcopy(self), copy.copy(taker)
        trial.match(double, dry=True)
        return taker.qty - double.qty

    def match(self, taker: Order, dry: bool) -> None:
        """Trade with the first order in priority again and again."""
        passed: list[Order] = []
        refilled: list[Order] = []
        shared: list[int] = []
        mode = taker.flags >> 4 & 7
        while taker.qty:
            makers = [o for o in self.book(taker.symbol, 1 - taker.side) if self.within(o, taker)]
            makers = [o for o in makers if o not in passed]
            if not makers:
                return
            maker = makers[0]
            if maker.queue == 0 and self.rules[taker.symbol].shares is not None:
                level = [o for o in makers if o.queue == 0 and o.price == maker.price]
                if not self.share(taker, level, dry, maker.price in shared):
                    return
                shared.append(maker.price)
                continue
            if maker.queue == 2 and maker.qty > taker.qty:
                passed.append(maker)
            elif mode and taker.owner and maker.owner == taker.owner:
                if dry and mode != SelfTrade.OLDEST:
                    return
                self.prevent(mode, taker, maker)
            else:
                lots = maker.qty if maker.queue or maker in refilled else maker.shown
                lots = min(taker.qty, lots)
                taker.qty -= lots
                taker.filled += lots
                if self.trade(taker.side, lots, taker.order_id, maker, maker.price):
                    refilled.append(maker)

    def share(self, taker: Order, level: list[Order], dry: bool, again: bool) -> bool:
        """Trade pro rata with a level; false if an own order ends a dry run."""
        mode = taker.flags >> 4 & 7
        for own in [o for o in level if mode and taker.owner and o.owner == taker.owner]:
            if dry and mode != SelfTrade.OLDEST:
                return False
            if taker.qty:
                self.prevent(mode, taker, own)
        sizes = [(o, o.qty if again else o.shown) for o in level if o in self.open]
        for maker, lots in self.rules[taker.symbol].allocation(taker.qty, sizes):
            if lots:
                taker.qty -= lots
                taker.filled += lots
                self.trade(taker.side, lots, taker.order_id, maker, maker.price)
        return True

    def prevent(self, mode: int, taker: Order, maker: Order) -> None:
        smaller = min(taker.qty, maker.qty)
        theirs, mine = {
            SelfTrade.NEWEST: (0, taker.qty),
            SelfTrade.OLDEST: (maker.qty, 0),
            SelfTrade.BOTH: (maker.qty, taker.qty),
            SelfTrade.DECREMENT: (smaller, smaller),
        }[SelfTrade(mode)]
        if theirs:
            self.withdraw(maker, theirs, CancelReason.SELF_TRADE)
        if mine:
            taker.qty -= mine
            self.report(EventKind.CANCELLED, CancelReason.SELF_TRADE, taker, mine)

    def trade(self, detail: int, lots: int, taker: int, maker: Order, price: int) -> bool:
        """Emit and apply one trade; return whether the maker was refilled."""
        self.rows.append((EventKind.TRADED, detail, maker.symbol, lots, taker, maker.order_id, price))
        self.last[maker.symbol] = price
        self.prices.append(price)
        return self.take(maker, lots)

    def take(self, order: Order, lots: int) -> bool:
        order.qty -= lots
        order.filled += lots
        if not order.qty:
            self.open.remove(order)
        elif order.display and lots >= order.shown:
            self.age += 1
            order.age, order.shown = self.age, min(order.display, order.qty)
            self.rules[order.symbol].top = [
                None if top is order else top for top in self.rules[order.symbol].top
            ]
            self.report(EventKind.REFILLED, order.side, order, order.shown)
            return True
        else:
            order.shown = max(order.shown - lots, 0)
        return False

    def withdraw(self, order: Order, lots: int, reason: int) -> None:
        order.qty -= lots
        order.shown = min(order.shown, order.qty)
        self.report(EventKind.CANCELLED, reason, order, lots)
        if not order.qty:
            self.open.remove(order)

    def stand(self, order: Order) -> None:
        """Last in its queue."""
        self.age += 1
        order.age = self.age
        rules = self.rules[order.symbol]
        if rules.shares is not None and not order.queue and self.state[order.symbol] == TradingState.OPEN:
            others = [o.sign * o.price for o in self.book(order.symbol, order.side) if not o.queue]
            if all(order.sign * order.price > other for other in others):
                rules.top[order.side] = order
        order.shown = 0 if order.queue else min(order.display or order.qty, order.qty)
        self.open.append(order)

    def settle(self, symbol: int) -> None:
        """What follows a change: one AON order that can be filled, else one elected stop, again and again."""
        while True:
            self.elected += self.elect(symbol)
            again = self.fillable(symbol)
            if again is not None:
                self.open.remove(again)
                self.report(EventKind.TRIGGERED, again.side, again, again.qty, again.placement)
                self.match(again, dry=False)
                continue
            if not self.elected:
                self.look_at_limits(symbol)
                return
            stop = self.elected.pop(0)
            if stop.kind == OrderKind.TRAILING_STOP_LIMIT:
                stop.price = min(max(stop.trigger + stop.price, NO_PRICE + 1), MAX_PRICE)
                if len(self.rules[symbol].rows) > 1:
                    stop.price = self.rules[symbol].rounded(stop.side, stop.price)
            with_limit = stop.kind in (OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP_LIMIT)
            if with_limit and self.rules[symbol].forbids(stop.side, stop.price):
                stop.price = self.last_inside(symbol, stop.side)
            stop.kind = OrderKind.LIMIT if with_limit else OrderKind.MARKET
            stop.trigger = stop.trail = 0
            self.report(EventKind.TRIGGERED, stop.side, stop, stop.qty, stop.placement)
            self.arrive(stop, 0)

    def look_at_limits(self, symbol: int) -> None:
        """Whether the best displayed order of a side is at the end of the band."""
        rules, now = self.rules[symbol], 2
        for side in (Side.SELL, Side.BUY):
            shown = [o.price for o in self.book(symbol, side) if o.queue == 0]
            if rules.mode == BandMode.PAUSE and self.state[symbol] == TradingState.OPEN and shown:
                end, sign = self.last_inside(symbol, side), 1 if side == Side.BUY else -1
                now = int(side) if sign * shown[0] >= sign * end else now
        if now == rules.limit_side:
            return
        rules.limit_side = now
        rules.until = 0 if now == 2 else min(self.clock + rules.times[0] * 10**6, 2**64 - 1)
        end = 0 if now == 2 else self.last_inside(symbol, now)
        self.rows.append((14, now, symbol, 0, rules.until, 0, end))

    def run_timers(self) -> None:
        for symbol, rules in enumerate(self.rules):
            if rules.pause_until is not None and rules.pause_until <= self.clock:
                self.enter(symbol, TradingState.OPEN, NO_PRICE)
            elif rules.limit_side != 2 and rules.until <= self.clock:
                self.enter(symbol, TradingState.AUCTION, NO_PRICE)
                rules.pause_until = min(self.clock + rules.times[1] * 10**6, 2**64 - 1)
            else:
                continue
            self.settle(symbol)

    def fillable(self, symbol: int) -> Order | None:
        """The first resting AON order that the opposite side would fill."""
        if self.state[symbol] != TradingState.OPEN:
            return None
        for side in Side:
            makers = self.book(symbol, 1 - side)
            for order in self.book(symbol, side):
                reaches = order.queue == 2 and bool(makers) and self.within(makers[0], order)
                if reaches and self.would_trade(order) == order.qty:
                    return order
        return None

    def elect(self, symbol: int) -> list[Order]:
        """All trade prices are seen, one after another; the first and the last alone can matter."""
        prices, self.prices = self.prices, []
        if self.state[symbol] != TradingState.OPEN:
            return []
        found: list[Order] = []
        for price in prices:
            batch = []
            for stop in [o for o in self.open if o.waits and o.symbol == symbol]:
                self.follow(stop, price)
                if self.reached(stop, price):
                    self.open.remove(stop)
                    batch.append(stop)
            found += sorted(batch, key=lambda o: (o.side, o.sign * o.trigger, o.age))
        return found

    def follow(self, stop: Order, price: int) -> None:
        if stop.trail:
            trigger = min(max(price + stop.sign * stop.trail, NO_PRICE + 1), MAX_PRICE)
            known = stop.trigger != NO_PRICE
            if not known or stop.sign * trigger < stop.sign * stop.trigger:
                stop.trigger = trigger

    def reached(self, stop: Order, price: int) -> bool:
        return stop.trigger != NO_PRICE and stop.sign * price >= stop.sign * stop.trigger

    def set_state(self, c: Command) -> int:
        self.enter(c.symbol, c.side, c.price_ticks, c.flags)
        return 0

    def enter(self, symbol: int, state: int, reference: int, flags: int = 0) -> None:
        """Go to a trading state."""
        rules, last, old = self.rules[symbol], self.last[symbol], self.state[symbol]
        ending = 0 if old != TradingState.AUCTION else 5 if self.closing[symbol] else 4
        self.state[symbol], rules.pause_until = state, None
        self.closing[symbol] = state == TradingState.AUCTION and flags % 2 == 1
        reference = reference if reference != NO_PRICE or last is None else last
        self.rows.append((EventKind.STATE_CHANGED, state, symbol, 0, old, flags, reference))
        before = len(self.rows)
        if state == TradingState.OPEN or flags == 4:
            self.uncross(symbol, reference, ending)
        prices = [row[6] for row in self.rows[before:] if row[0] == EventKind.AUCTION_PRICE]
        if rules.mode == BandMode.PAUSE:
            for price in prices:
                rules.set_band(rules.mode, price, rules.width, rules.times)
            if state == TradingState.OPEN:
                self.cancel_outside(symbol)
        last = self.last[symbol]
        self.prices = [] if last is None or state != TradingState.OPEN else [last]

    def uncross(self, symbol: int, reference: int, ending: int) -> None:
        """Cross at one price; then those leave that waited for the auction, queue number `ending`."""
        self.cross(symbol, reference, ending)
        for side in Side:
            for order in [o for o in self.open if (o.symbol, o.queue, o.side) == (symbol, ending, side)]:
                if ending:
                    self.withdraw(order, order.qty, CancelReason.AUCTION)

    def indicate(self, symbol: int, reference: int) -> None:
        """What a crossing would give, found by doing it on a copy."""
        trial, last = copy.deepcopy(self), self.last[symbol]
        in_auction = self.state[symbol] == TradingState.AUCTION
        waiting = (4, 5)[self.closing[symbol]] if in_auction else 0
        trial.rows, trial.more = [], 0
        trial.cross(symbol, last if reference == NO_PRICE and last is not None else reference, waiting)
        _, _, _, lots, _, _, price = trial.rows[0] if trial.rows else (0, 0, 0, 0, 0, 0, NO_PRICE)
        side = 2 if not trial.more else int(trial.more < 0)
        self.rows.append((EventKind.INDICATION, side, symbol, lots, abs(trial.more), 0, price))

    def cross(self, symbol: int, reference: int, ending: int) -> None:
        takes_part = (0, 1, ending)
        everyone = sorted(
            (o for o in self.open if o.symbol == symbol and o.queue in takes_part),
            key=lambda o: (o.imbalance_only, o.price != NO_PRICE, -o.sign * o.price, o.queue, o.age),
        )
        buys, sells = ([o for o in everyone if o.side == side and not o.imbalance_only] for side in Side)
        if reference != NO_PRICE:
            found = self.rules[symbol].behind(Side.BUY, reference)
            reference = NO_PRICE + 1 if found is None else found
        found = clearing(
            [(o.price, o.qty) for o in buys],
            [(o.price, o.qty) for o in sells],
            reference,
            self.rules[symbol].ends if self.rules[symbol].mode != BandMode.PAUSE else (2**63, NO_PRICE),
        )
        if found is None:
            return
        price, volume = found
        helpers = [o for o in everyone if o.imbalance_only and o.sign * o.price >= o.sign * price]
        willing = [
            [o for o in side if o.price == NO_PRICE or o.sign * o.price >= o.sign * price]
            for side in (buys, sells)
        ]
        more = sum(o.qty for o in willing[0]) - sum(o.qty for o in willing[1])
        helpers = [o for o in helpers if (more > 0) == (o.side == Side.SELL) and more]
        offset = min(abs(more), sum(o.qty for o in helpers))
        volume += offset
        self.more = more - offset if more > 0 else more + offset
        buys, sells = ([*side, *(o for o in helpers if o.side == n)] for n, side in enumerate(willing))
        self.rows.append((EventKind.AUCTION_PRICE, 0, symbol, min(volume, MAX_QTY), 0, 0, price))
        left = {id(o): o.qty for o in buys + sells}
        while volume:
            buy = next(o for o in buys if left[id(o)])
            sell = next(o for o in sells if left[id(o)])
            lots = min(volume, left[id(buy)], left[id(sell)])
            trade = (EventKind.TRADED, 2, symbol, lots, buy.order_id, sell.order_id, price)
            self.rows.append(trade)
            volume -= lots
            left[id(buy)] -= lots
            left[id(sell)] -= lots
        self.last[symbol] = price
        for order in buys + sells:
            if left[id(order)] < order.qty:
                self.take(order, order.qty - left[id(order)])

    def mass_cancel(self, c: Command) -> int:
        gone = [
            o
            for o in self.in_order()
            if c.symbol in (o.symbol, ALL_SYMBOLS) and c.side in (o.side, 2) and c.participant in (o.owner, 0)
        ]
        for order in gone:
            self.withdraw(order, order.qty, CancelReason.MASS)
        self.rows.append((EventKind.MASS_CANCELLED, c.side, c.symbol, len(gone), c.participant, 0, 0))
        for symbol in sorted({order.symbol for order in gone}):
            self.settle(symbol)
        return 0

    def set_clock(self, c: Command) -> int:
        self.clock = c.order_id
        due = [o for o in self.open if o.tif == TimeInForce.GTD and o.expiry <= self.clock]
        due.sort(key=lambda o: (o.expiry, o.symbol, o.order_id))
        if c.flags:
            due += [o for o in self.in_order() if o.tif == TimeInForce.DAY or o.queue > 3]
        for order in due:
            self.withdraw(order, order.qty, CancelReason.EXPIRED)
        self.rows.append((EventKind.CLOCK_SET, c.flags, c.symbol, len(due), c.order_id, 0, 0))
        for symbol in sorted({order.symbol for order in due}):
            self.settle(symbol)
        self.run_timers()
        return 0

    def book(self, symbol: int, side: int) -> list[Order]:
        """The resting orders of a side in the order in which a taker comes to them."""
        mine = [o for o in self.open if (o.symbol, o.side) == (symbol, side) and o.queue < 3]
        return sorted(mine, key=lambda o: (-o.sign * o.price, o.queue, o.age))

    def last_inside(self, symbol: int, side: int) -> int:
        """The last valid price of a side inside the band."""
        end = self.rules[symbol].ends[side]
        found = self.rules[symbol].behind(side, end)
        return end if found is None else found

    def within(self, maker: Order, taker: Order) -> bool:
        if self.rules[maker.symbol].forbids(taker.side, maker.price):
            return False
        return taker.price == NO_PRICE or taker.sign * maker.price <= taker.sign * taker.price

    def find(self, symbol: int, order_id: int) -> Order | None:
        """The open order of a name."""
        return next((o for o in self.open if (o.symbol, o.order_id) == (symbol, order_id)), None)

    def in_order(self) -> list[Order]:
        """Every open order in snapshot order."""
        return [
            order
            for symbol in range(self.symbols)
            for orders in (
                self.book(symbol, Side.BUY),
                self.book(symbol, Side.SELL),
                sorted(self.outside(symbol), key=lambda o: (o.queue, o.side, o.age)),
            )
            for order in orders
        ]

    def outside(self, symbol: int) -> Iterable[Order]:
        return (o for o in self.open if o.symbol == symbol and o.queue > 2)

    def resting(self) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        """All open orders as `RESTING` records in the canonical order."""
        return np.array([record(order) for order in self.in_order()], RESTING)
