"""What each command does, any order and any trading state: sections 2 to 9 of the specification."""

from __future__ import annotations

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
from obengine.reference.auction import uncross
from obengine.reference.matching import post_only_price
from obengine.reference.orders import (
    IMMEDIATE,
    LIMITED,
    NO_EXTENSION,
    STOPS,
    WHOLE,
    Command,
    Extension,
    Ticket,
    ticket_of,
)
from obengine.reference.stops import arrive, arrive_as_stop, elect_by_last, elect_by_trades
from obengine.reference.symbol_book import EventLog, SymbolBook
from obengine.reference.validation import malformed

_ACCEPTED = 0


class Engine:
    """The books of all symbols, the clock and the extension that waits for its order.

    Attributes:
        log: where events go.
        books: one for each symbol.
        clock_ns: what the last CLOCK command said.
        extension: the last record, if it was an EXTEND.
    """

    __slots__ = ("books", "clock_ns", "extension", "log")

    def __init__(self, symbols: int) -> None:
        self.log = EventLog()
        self.books = [SymbolBook(symbol, self.log) for symbol in range(symbols)]
        self.clock_ns = 0
        self.extension: Extension | None = None

    def apply(self, command: Command) -> None:
        """Apply one command; its events are appended to the log."""
        given, self.extension = self.extension, None
        if command.op == Op.EXTEND:
            self.extension = Extension(
                command.qty_lots, command.participant, command.order_id, command.price_ticks
            )
            return
        extension = given if command.flags & OrderFlag.EXTENDED else NO_EXTENSION
        refused = malformed(command, extension, len(self.books), self.clock_ns)
        if not refused:
            refused = self._dispatch(command, extension or NO_EXTENSION)
        if refused:
            self._reject(command, refused)

    def _dispatch(self, command: Command, extension: Extension) -> int:
        if command.op == Op.MASS_CANCEL:
            return self._mass_cancel(command)
        if command.op == Op.CLOCK:
            return self._clock(command)
        book = self.books[command.symbol]
        if command.op == Op.STATE:
            return _state(book, command)
        if command.op == Op.NEW:
            refused = _new(book, command, extension)
        elif command.op == Op.CANCEL:
            refused = _cancel(book, command)
        elif command.op == Op.MODIFY:
            refused = _modify(book, command)
        else:
            refused = _execute(book, command)
        elect_by_trades(book)
        return refused

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
        for book in books:
            for order_id, side in book.in_snapshot_order():
                if command.side not in (side, BOTH_SIDES):
                    continue
                if command.participant and command.participant != book.owner(order_id):
                    continue
                book.withdraw(order_id, book.open_lots(order_id), CancelReason.MASS)
                cancelled += 1
        self._tell_all(EventKind.MASS_CANCELLED, command.side, command, cancelled, command.participant)
        return _ACCEPTED

    def _clock(self, command: Command) -> int:
        self.clock_ns = command.order_id
        due = sorted(
            (ticket.expiry_ns, book.symbol, ticket.order_id)
            for book in self.books
            for ticket in (*book.tickets.values(), *book.waiting.values())
            if ticket.tif == TimeInForce.GTD and ticket.expiry_ns <= self.clock_ns
        )
        leaving = [(symbol, order_id) for _, symbol, order_id in due]
        if command.flags:
            leaving += [
                (book.symbol, order_id)
                for book in self.books
                if book.tickets or book.waiting
                for order_id, _ in book.in_snapshot_order()
                if _tif(book, order_id) == TimeInForce.DAY
            ]
        for symbol, order_id in leaving:
            book = self.books[symbol]
            book.withdraw(order_id, book.open_lots(order_id), CancelReason.EXPIRED)
        self._tell_all(EventKind.CLOCK_SET, command.flags, command, len(leaving), command.order_id)
        return _ACCEPTED

    def _tell_all(self, kind: EventKind, detail: int, command: Command, orders: int, order_id: int) -> None:
        """Tell what was done to any number of symbols."""
        self.log.out += EVENT_RECORD.pack(kind, detail, command.symbol, min(orders, MAX_QTY), order_id, 0, 0)


def _new(book: SymbolBook, command: Command, extension: Extension) -> int:
    if book.is_open(command.order_id):
        return RejectCode.DUPLICATE_ID
    ticket = ticket_of(command, extension)
    refused = _refused_by_state(book, ticket, bool(extension.min_lots))
    if refused:
        return refused
    if book.state == TradingState.OPEN and ticket.flags & OrderFlag.POST_ONLY:
        refused, ticket.price_ticks = post_only_price(book, ticket.side, ticket.flags, ticket.price_ticks)
        if refused:
            return refused
    book.tell(
        EventKind.ACCEPTED,
        ticket.side,
        ticket.open_lots,
        ticket.order_id,
        ticket.placement,
        ticket.price_ticks,
    )
    if ticket.kind in STOPS:
        arrive_as_stop(book, ticket)
    elif book.state == TradingState.OPEN:
        arrive(book, ticket, extension.min_lots)
    else:
        book.rest(ticket)
    return _ACCEPTED


def _refused_by_state(book: SymbolBook, ticket: Ticket, has_minimum: bool) -> int:
    """Whether the trading state lets an order arrive, or arrive anew."""
    if book.state == TradingState.HALT:
        return RejectCode.HALTED
    if book.state == TradingState.OPEN or ticket.kind in STOPS:
        return _ACCEPTED
    needs_a_match = (
        ticket.kind == OrderKind.MARKET
        or ticket.tif in IMMEDIATE | WHOLE
        or ticket.flags & OrderFlag.POST_ONLY
        or has_minimum
    )
    return RejectCode.NOT_IN_AUCTION if needs_a_match else _ACCEPTED


def _cancel(book: SymbolBook, command: Command) -> int:
    if not book.is_open(command.order_id):
        return RejectCode.UNKNOWN_ORDER
    open_lots = book.open_lots(command.order_id)
    lots = min(command.qty_lots or open_lots, open_lots)
    book.withdraw(command.order_id, lots, CancelReason.REQUESTED)
    return _ACCEPTED


def _execute(book: SymbolBook, command: Command) -> int:
    if command.order_id not in book.orders:
        return RejectCode.UNKNOWN_ORDER
    _, price, side, _ = book.orders[command.order_id]
    lots = min(command.qty_lots, book.open_lots(command.order_id))
    book.trade(1 - side, lots, 0, command.order_id, price)
    return _ACCEPTED


def _modify(book: SymbolBook, command: Command) -> int:
    stop = book.waiting.get(command.order_id)
    if stop:
        stop.open_lots = command.qty_lots
        if stop.kind in LIMITED:
            stop.price_ticks = command.price_ticks
        _tell_modified(book, Priority.KEPT, stop)
        return _ACCEPTED
    if command.order_id not in book.orders:
        return RejectCode.UNKNOWN_ORDER
    price = book.orders[command.order_id][1]
    if command.price_ticks == price and command.qty_lots <= book.open_lots(command.order_id):
        book.shrink(command.order_id, command.qty_lots)
        book.tell(EventKind.MODIFIED, Priority.KEPT, command.qty_lots, command.order_id, 0, price)
        return _ACCEPTED
    return _reprice(book, command)


def _reprice(book: SymbolBook, command: Command) -> int:
    """An order leaves its place and arrives anew."""
    _, price, side, owner = book.orders[command.order_id]
    known = book.tickets.get(command.order_id)
    ticket = known or Ticket(command.order_id, side, owner, price, 0)
    refused = _refused_by_state(book, ticket, has_minimum=False)
    if refused:
        return refused
    price = command.price_ticks
    if book.state == TradingState.OPEN and ticket.flags & OrderFlag.POST_ONLY:
        refused, price = post_only_price(book, side, ticket.flags, price)
        if refused:
            return refused
    ticket = book.remove(command.order_id)
    ticket.price_ticks, ticket.open_lots = price, command.qty_lots
    _tell_modified(book, Priority.LOST, ticket)
    if book.state == TradingState.OPEN:
        arrive(book, ticket)
    else:
        book.rest(ticket)
    return _ACCEPTED


def _tell_modified(book: SymbolBook, priority: Priority, ticket: Ticket) -> None:
    book.tell(EventKind.MODIFIED, priority, ticket.open_lots, ticket.order_id, 0, ticket.price_ticks)


def _state(book: SymbolBook, command: Command) -> int:
    old, book.state = book.state, command.side
    reference = command.price_ticks
    if reference == NO_PRICE and book.last_ticks is not None:
        reference = book.last_ticks
    book.tell(EventKind.STATE_CHANGED, book.state, 0, old, 0, reference)
    if book.state == TradingState.OPEN:
        uncross(book, reference)
        elect_by_last(book)
    return _ACCEPTED


def _tif(book: SymbolBook, order_id: int) -> int:
    ticket = book.tickets.get(order_id) or book.waiting.get(order_id)
    return ticket.tif if ticket else TimeInForce.GTC
