"""Processes commands for all order kinds and trading states (sections 2 to 9 of the specification)."""

from __future__ import annotations

from dataclasses import replace

from obengine.api.messages import (
    ALL_SYMBOLS,
    BOTH_SIDES,
    EVENT_RECORD,
    MAX_QTY,
    NO_PRICE,
    CancelReason,
    EventKind,
    Op,
    OrderFlag,
    OrderKind,
    Priority,
    RejectCode,
    TimeInForce,
    TradingState,
)
from obengine.reference.auction import publish_indication
from obengine.reference.matching import convert_market_to_limit, reprice_post_only
from obengine.reference.orders import (
    AT_AUCTION,
    IMMEDIATE,
    LIMITED,
    NO_EXTENSION,
    STOPS,
    TRAILING,
    WHOLE,
    Command,
    Extension,
    Order,
    order_from,
)
from obengine.reference.pauses import change_state, run_timer, update_limit_state
from obengine.reference.rules import bring_inside, check_band, set_rule
from obengine.reference.step_table import StepTable
from obengine.reference.steps import check_steps
from obengine.reference.stops import (
    accept_stop,
    amend_trigger,
    arrive,
    is_valid_trigger,
    settle,
)
from obengine.reference.symbol_book import EventLog, SymbolBook
from obengine.reference.validation import validate_command

_ACCEPTED = 0
_OF_ONE_DAY = AT_AUCTION | {TimeInForce.DAY}


class CommandProcessor:
    """Applies commands to the books of all symbols.

    Attributes:
        log: collects the events.
        books: one per symbol.
        clock_ns: the time of the last CLOCK command.
        extension: the preceding record if it was an EXTEND, else None.
    """

    __slots__ = ("books", "clock_ns", "extension", "log")

    def __init__(self, symbols: int) -> None:
        self.log = EventLog()
        self.books = [SymbolBook(symbol, self.log) for symbol in range(symbols)]
        self.clock_ns = 0
        self.extension: Extension | None = None

    def apply(self, command: Command) -> None:
        """Apply one command; append its events to the log."""
        pending, self.extension = self.extension, None
        if command.op == Op.EXTEND:
            self.extension = Extension(
                command.qty_lots, command.participant, command.order_id, command.price_ticks
            )
            return
        extension = pending if command.flags & OrderFlag.EXTENDED else NO_EXTENSION
        reject_code = validate_command(command, extension, len(self.books), self.clock_ns)
        if not reject_code:
            reject_code = self._dispatch(command, extension or NO_EXTENSION)
        if reject_code:
            self._reject(command, reject_code)

    def _dispatch(self, command: Command, extension: Extension) -> int:
        of_engine = {
            int(Op.MASS_CANCEL): self._mass_cancel,
            int(Op.CLOCK): self._clock,
            int(Op.TRADE_WINDOW): self._set_trade_window,
            int(Op.BUST): self._bust,
            int(Op.INDICATE): self._indicate,
        }.get(command.op)
        if of_engine is not None:
            return of_engine(command)
        book = self.books[command.symbol]
        if command.op == Op.STATE:
            change_state(book, command.side, command.price_ticks, command.flags)
            reject_code = _ACCEPTED
        elif command.op == Op.STEPS:
            return _set_steps(book, command)
        elif command.op == Op.RULE:
            reject_code = set_rule(book, command)
        elif command.op == Op.NEW:
            reject_code = _new(book, command, extension)
        elif command.op == Op.CANCEL:
            reject_code = _cancel(book, command)
        elif command.op == Op.MODIFY:
            reject_code = _modify(book, command, extension)
        else:
            reject_code = _execute(book, command)
        if not reject_code:
            self._settle(book)
        return reject_code

    def _reject(self, command: Command, code: int) -> None:
        self.log.out += EVENT_RECORD.pack(
            EventKind.REJECTED,
            code,
            command.symbol,
            command.qty_lots,
            command.order_id,
            command.op,
            command.price_ticks,
        )

    def _mass_cancel(self, command: Command) -> int:
        books = self.books if command.symbol == ALL_SYMBOLS else [self.books[command.symbol]]
        cancelled = 0
        changed: set[int] = set()
        for book in books:
            for order_id, side in book.in_snapshot_order():
                if command.side not in (side, BOTH_SIDES):
                    continue
                if command.participant and command.participant != book.owner(order_id):
                    continue
                book.cancel_lots(order_id, book.open_lots(order_id), CancelReason.MASS)
                cancelled += 1
                changed.add(book.symbol)
        self._emit_summary(EventKind.MASS_CANCELLED, command.side, command, cancelled, command.participant)
        self._settle_all(changed)
        return _ACCEPTED

    def _set_trade_window(self, command: Command) -> int:
        self.log.window.resize(command.qty_lots)
        self._emit_summary(EventKind.TRADE_WINDOW_SET, 0, command, command.qty_lots, 0)
        return _ACCEPTED

    def _bust(self, command: Command) -> int:
        trade = self.log.window.trades.get(command.order_id)
        if trade is None:
            return RejectCode.UNKNOWN_TRADE
        if trade.is_busted:
            return RejectCode.ALREADY_BUSTED
        trade.is_busted = True
        self.books[trade.symbol].emit(
            EventKind.TRADE_BUSTED, trade.detail, trade.lots, command.order_id, 0, trade.price_ticks
        )
        return _ACCEPTED

    def _indicate(self, command: Command) -> int:
        publish_indication(self.books[command.symbol], command.price_ticks)
        return _ACCEPTED

    def _clock(self, command: Command) -> int:
        self.clock_ns = command.order_id
        due = sorted(
            (order.expiry_ns, book.symbol, order.order_id)
            for book in self.books
            for order in (*book.special_orders.values(), *book.waiting.values())
            if order.tif == TimeInForce.GTD and order.expiry_ns <= self.clock_ns
        )
        leaving = [(symbol, order_id) for _, symbol, order_id in due]
        if command.flags:
            leaving += [
                (book.symbol, order_id)
                for book in self.books
                if book.special_orders or book.waiting or book.at_auction
                for order_id, _ in book.in_snapshot_order()
                if _tif(book, order_id) in _OF_ONE_DAY
            ]
        for symbol, order_id in leaving:
            book = self.books[symbol]
            book.cancel_lots(order_id, book.open_lots(order_id), CancelReason.EXPIRED)
        self._emit_summary(EventKind.CLOCK_SET, command.flags, command, len(leaving), command.order_id)
        self._settle_all({symbol for symbol, _ in leaving})
        for book in self.books:
            if run_timer(book, self.clock_ns):
                self._settle(book)
        return _ACCEPTED

    def _settle_all(self, symbols: set[int]) -> None:
        """Settle the symbols that lost orders."""
        for symbol in sorted(symbols):
            self._settle(self.books[symbol])

    def _settle(self, book: SymbolBook) -> None:
        settle(book)
        update_limit_state(book, self.clock_ns)

    def _emit_summary(
        self, kind: EventKind, detail: int, command: Command, orders: int, order_id: int
    ) -> None:
        """Emit the final event of a command that affects many orders."""
        self.log.out += EVENT_RECORD.pack(kind, detail, command.symbol, min(orders, MAX_QTY), order_id, 0, 0)


def _new(book: SymbolBook, command: Command, extension: Extension) -> int:
    if book.is_open(command.order_id):
        return RejectCode.DUPLICATE_ID
    order = order_from(command, extension)
    reject_code = (
        check_steps(book, order)
        or (check_band(book, order.side, order.price_ticks) if order.kind == OrderKind.LIMIT else 0)
        or _check_trading_state(book, order, bool(extension.min_lots))
    )
    if reject_code:
        return reject_code
    if order.kind == OrderKind.LIMIT and order.tif not in AT_AUCTION:
        order.price_ticks = bring_inside(book, order.side, order.price_ticks)
    if book.state == TradingState.OPEN and order.flags & OrderFlag.POST_ONLY:
        reject_code, order.price_ticks = reprice_post_only(book, order.side, order.flags, order.price_ticks)
        if reject_code:
            return reject_code
    if order.flags & OrderFlag.TO_LIMIT:
        convert_market_to_limit(book, order)
    book.emit(
        EventKind.ACCEPTED,
        order.side,
        order.open_lots,
        order.order_id,
        order.placement,
        order.price_ticks,
    )
    if order.kind in STOPS:
        accept_stop(book, order)
    elif book.state == TradingState.OPEN and order.tif not in AT_AUCTION:
        arrive(book, order, extension.min_lots)
    else:
        book.rest(order)
    return _ACCEPTED


def _check_trading_state(book: SymbolBook, order: Order, has_minimum: bool) -> int:
    """The RejectCode if the trading state does not accept an arriving order, else 0."""
    if book.state == TradingState.HALT:
        return RejectCode.HALTED
    if book.state == TradingState.OPEN or order.kind in STOPS or order.tif in AT_AUCTION:
        return _ACCEPTED
    needs_a_match = (
        order.kind == OrderKind.MARKET
        or order.tif in IMMEDIATE | WHOLE
        or order.flags & OrderFlag.POST_ONLY
        or has_minimum
    )
    return RejectCode.NOT_IN_AUCTION if needs_a_match else _ACCEPTED


def _cancel(book: SymbolBook, command: Command) -> int:
    if not book.is_open(command.order_id):
        return RejectCode.UNKNOWN_ORDER
    open_lots = book.open_lots(command.order_id)
    lots = min(command.qty_lots or open_lots, open_lots)
    book.cancel_lots(command.order_id, lots, CancelReason.REQUESTED)
    return _ACCEPTED


def _execute(book: SymbolBook, command: Command) -> int:
    if command.order_id not in book.orders:
        return RejectCode.UNKNOWN_ORDER
    _, price, side, _ = book.orders[command.order_id]
    lots = min(command.qty_lots, book.open_lots(command.order_id))
    book.trade(1 - side, lots, 0, command.order_id, price)
    return _ACCEPTED


def _modify(book: SymbolBook, command: Command, extension: Extension) -> int:
    stop = book.waiting.get(command.order_id)
    if stop:
        return _modify_stop(book, stop, command, extension)
    if command.order_id in book.at_auction:
        return _modify_at_auction(book, command)
    if command.order_id not in book.orders:
        return RejectCode.UNKNOWN_ORDER
    if command.flags & OrderFlag.EXTENDED:
        return RejectCode.BAD_TRIGGER
    _, price, side, owner = book.orders[command.order_id]
    entered = Order(command.order_id, side, owner, command.price_ticks, command.qty_lots)
    reject_code = check_steps(book, entered)
    if reject_code:
        return reject_code
    command = command._replace(price_ticks=bring_inside(book, side, command.price_ticks))
    special = book.special_orders.get(command.order_id)
    if special and special.flags & OrderFlag.TOTAL:
        left = command.qty_lots - special.filled_lots
        if left <= 0:
            book.cancel_lots(command.order_id, book.open_lots(command.order_id), CancelReason.REQUESTED)
            return _ACCEPTED
        command = command._replace(qty_lots=left)
    if command.price_ticks == price and command.qty_lots <= book.open_lots(command.order_id):
        book.shrink(command.order_id, command.qty_lots)
        book.emit(EventKind.MODIFIED, Priority.KEPT, command.qty_lots, command.order_id, 0, price)
        return _ACCEPTED
    return _reprice(book, command)


def _modify_stop(book: SymbolBook, stop: Order, command: Command, extension: Extension) -> int:
    amended = command.flags & OrderFlag.EXTENDED
    if amended and not is_valid_trigger(stop, extension.trigger_ticks):
        return RejectCode.BAD_TRIGGER
    entered = _entered_stop(stop, command, extension)
    reject_code = check_steps(book, entered, enters_trigger=bool(amended))
    if reject_code:
        return reject_code
    stop.open_lots, stop.price_ticks = entered.open_lots, entered.price_ticks
    _emit_modified(book, Priority.KEPT, stop)
    if amended:
        amend_trigger(book, stop, extension.trigger_ticks)
    return _ACCEPTED


def _entered_stop(stop: Order, command: Command, extension: Extension) -> Order:
    """A waiting stop with the quantity, limit and trigger or trail that a MODIFY enters."""
    amended = command.flags & OrderFlag.EXTENDED
    trailing = stop.kind in TRAILING
    return replace(
        stop,
        open_lots=command.qty_lots,
        display_lots=0,
        price_ticks=command.price_ticks if stop.kind in LIMITED else NO_PRICE,
        trigger_ticks=extension.trigger_ticks if amended and not trailing else stop.trigger_ticks,
        trail_ticks=(extension.trigger_ticks if amended else 0) if trailing else 0,
    )


def _modify_at_auction(book: SymbolBook, command: Command) -> int:
    """Modify an order that waits for an auction."""
    if command.flags & OrderFlag.EXTENDED:
        return RejectCode.BAD_TRIGGER
    order, lots = book.at_auction[command.order_id], command.qty_lots
    price = command.price_ticks if order.kind == OrderKind.LIMIT else NO_PRICE
    reject_code = check_steps(book, replace(order, price_ticks=price, open_lots=lots))
    if reject_code:
        return reject_code
    keeps_place = price == order.price_ticks and lots <= order.open_lots
    reject_code = (
        0 if keeps_place else check_band(book, order.side, price) or _check_trading_state(book, order, False)
    )
    if reject_code:
        return reject_code
    order.price_ticks, order.open_lots = price, lots
    _emit_modified(book, Priority.KEPT if keeps_place else Priority.LOST, order)
    if not keeps_place:
        book.at_auction[order.order_id] = book.at_auction.pop(order.order_id)
    return _ACCEPTED


def _reprice(book: SymbolBook, command: Command) -> int:
    """Remove an order from its queue and let it arrive with a new price and quantity."""
    _, price, side, owner = book.orders[command.order_id]
    known = book.special_orders.get(command.order_id)
    order = known or Order(command.order_id, side, owner, price, 0)
    price = command.price_ticks
    reject_code = check_band(book, side, price) or _check_trading_state(book, order, has_minimum=False)
    if reject_code:
        return reject_code
    if book.state == TradingState.OPEN and order.flags & OrderFlag.POST_ONLY:
        reject_code, price = reprice_post_only(book, side, order.flags, price)
        if reject_code:
            return reject_code
    order = book.remove(command.order_id)
    order.price_ticks, order.open_lots = price, command.qty_lots
    _emit_modified(book, Priority.LOST, order)
    if book.state == TradingState.OPEN:
        arrive(book, order)
    else:
        book.rest(order)
    return _ACCEPTED


def _emit_modified(book: SymbolBook, priority: Priority, order: Order) -> None:
    book.emit(EventKind.MODIFIED, priority, order.open_lots, order.order_id, 0, order.price_ticks)


def _set_steps(book: SymbolBook, command: Command) -> int:
    book.steps = StepTable(command.participant, command.qty_lots)
    book.emit(EventKind.STEPS_SET, 0, command.qty_lots, command.participant, 0, 0)
    return _ACCEPTED


def _tif(book: SymbolBook, order_id: int) -> int:
    order = book.special_orders.get(order_id) or book.outside_levels(order_id)
    return order.tif if order else TimeInForce.GTC
