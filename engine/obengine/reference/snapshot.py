"""Converts the state of an engine to a snapshot and back (section 11 of the specification)."""

from __future__ import annotations

import numpy as np

from obengine.api.messages import BandMode, Matching, OrderFlag, OrderKind, Queue, Rule, RuleState, Side
from obengine.api.snapshot import ENGINE, KEPT_TRADE, RESTING, RULE, SYMBOL, Snapshot
from obengine.reference.bands import Band, Timer
from obengine.reference.commands import CommandProcessor
from obengine.reference.orders import NO_EXTENSION, STOPS, Extension, Order
from obengine.reference.pro_rata import ProRata
from obengine.reference.step_table import StepRow, StepTable
from obengine.reference.symbol_book import SymbolBook
from obengine.reference.trade_window import KeptTrade

_Row = tuple[int, ...]


def take_snapshot(processor: CommandProcessor, next_sequence: int) -> Snapshot:
    """The whole state."""
    display_lots, min_lots, expiry_ns, trigger_ticks = processor.extension or NO_EXTENSION
    extended = int(processor.extension is not None)
    window = processor.log.window
    head = (processor.clock_ns, extended, display_lots, min_lots, window.size, expiry_ns, trigger_ticks)
    trades = [
        (sequence, trade.price_ticks, trade.lots, trade.symbol, trade.detail, trade.is_busted)
        for sequence, trade in window.trades.items()
    ]
    symbols = [
        (
            book.symbol,
            book.state + 4 * book.closing,
            book.last_ticks is not None,
            *(step if step > 1 else 0 for step in book.steps.rows[0][1:]),
            book.last_ticks or 0,
        )
        for book in processor.books
        if book.state or book.last_ticks is not None or book.steps.rows[0][1:] != (1, 1)
    ]
    orders = [
        row
        for book in processor.books
        if book.orders or book.waiting or book.at_auction
        for row in _rows(book)
    ]
    return Snapshot(
        next_sequence,
        np.array(orders, RESTING),
        np.array([head], ENGINE),
        np.array(symbols, SYMBOL),
        np.array([row for book in processor.books for row in _rule_rows(book)], RULE),
        np.array(trades, KEPT_TRADE),
    )


def restore_snapshot(snapshot: Snapshot, symbols: int) -> CommandProcessor:
    """A command processor in the state of a valid snapshot."""
    processor = CommandProcessor(symbols)
    head = snapshot.engine[0].tolist()
    processor.clock_ns, extended, display_lots, min_lots, size, expiry_ns, trigger_ticks = head
    processor.log.window.size = size
    for sequence, price, lots, symbol, detail, is_busted in snapshot.trades.tolist():
        trade = KeptTrade(symbol, detail, lots, price, bool(is_busted))
        processor.log.window.add(sequence, trade)
    if extended:
        processor.extension = Extension(display_lots, min_lots, expiry_ns, trigger_ticks)
    for symbol, state, has_last, price_step, lot_step, last_ticks in snapshot.symbols.tolist():
        book = processor.books[symbol]
        book.steps = StepTable(price_step or 1, lot_step or 1)
        book.state, book.closing = state & 3, state > 3
        book.last_ticks = last_ticks if has_last else None
    for row in snapshot.rules.tolist():
        _restore_rule(processor.books[row[0]], *row[1:7])
    for row in snapshot.orders.tolist():
        _restore_order(processor.books[row[0]], *row[1:])
    _restore_top_orders(processor, snapshot)
    return processor


def _restore_top_orders(processor: CommandProcessor, snapshot: Snapshot) -> None:
    """Give the status of the top order to those that had it, whatever order came to rest last."""
    for book in processor.books:
        book.top = [None, None]
    for symbol, rule, side, order_id in snapshot.rules[["symbol", "rule", "detail", "value"]].tolist():
        if rule == RuleState.TOP_ORDER:
            processor.books[symbol].top[side] = order_id


def _rule_rows(book: SymbolBook) -> list[_Row]:
    """The `RULE` records of a symbol."""
    band = book.band
    rows: list[_Row] = []
    if band is not None:
        times = (band.limit_ms, band.width_ticks, band.reference_ticks, band.pause_ms)
        rows.append((book.symbol, Rule.BAND, band.mode, *times, 0))
    for from_ticks, price_step, lot_step in book.steps.rows[1:]:
        rows.append((book.symbol, Rule.STEPS_FROM, 0, lot_step, 0, from_ticks, price_step, 0))
    if book.pro_rata is not None:
        least, most = book.pro_rata.least_lots, book.pro_rata.top_lots
        rows.append((book.symbol, Rule.MATCHING, Matching.PRO_RATA, least, 0, 0, most, 0))
    if book.timer is not None:
        rows.append((book.symbol, RuleState.TIMER, book.timer.side, 0, book.timer.until_ns, 0, 0, 0))
    for side, top in zip(Side, book.top, strict=True):
        if top is not None:
            rows.append((book.symbol, RuleState.TOP_ORDER, side, 0, top, 0, 0, 0))
    return rows


def _restore_rule(
    book: SymbolBook, rule: int, detail: int, lots: int, value: int, price_ticks: int, number: int
) -> None:
    """Restore the rule of a `RULE` record."""
    if rule == Rule.BAND:
        book.band = Band(BandMode(detail), price_ticks, value, lots, number)
    elif rule == Rule.MATCHING:
        book.pro_rata = ProRata(lots, number)
    elif rule == RuleState.TIMER:
        book.timer = Timer(detail, value)
    elif rule == Rule.STEPS_FROM:
        book.steps.add(StepRow(price_ticks, number, lots))


def _rows(book: SymbolBook) -> list[_Row]:
    rows = []
    for order_id, side in book.in_snapshot_order():
        order = book.outside_levels(order_id)
        if order is None:
            queue, price, _, owner = book.orders[order_id]
            order = book.special_orders.get(order_id) or Order(order_id, side, owner, price, 0)
            rows.append(_row(book, order, order.queue, queue[order_id]))
        else:
            rows.append(_row(book, order, Queue.WAITING if order.kind in STOPS else order.queue, 0))
    return rows


def _row(book: SymbolBook, order: Order, queue: Queue, lots: int) -> _Row:
    """The `RESTING` record of an order."""
    return (
        book.symbol,
        order.side,
        order.kind,
        order.tif,
        queue,
        order.flags,
        book.open_lots(order.order_id),
        order.display_lots,
        lots if queue is Queue.DISPLAYED else 0,
        order.participant,
        order.order_id,
        order.price_ticks,
        order.trigger_ticks,
        order.filled_lots if _keeps_filled_lots(order.flags, queue) else order.trail_ticks,
        order.expiry_ns,
    )


def _keeps_filled_lots(flags: int, queue: int) -> bool:
    """Whether trail_ticks is the filled lots."""
    return queue != Queue.WAITING and bool(flags & OrderFlag.TOTAL)


def _restore_order(
    book: SymbolBook,
    side: int,
    kind: int,
    tif: int,
    queue: int,
    flags: int,
    open_lots: int,
    display_lots: int,
    shown_lots: int,
    participant: int,
    order_id: int,
    price_ticks: int,
    trigger_ticks: int,
    trail_ticks: int,
    expiry_ns: int,
) -> None:
    """Restore the order of a `RESTING` record."""
    order = Order(
        order_id,
        side,
        participant,
        price_ticks,
        open_lots,
        OrderKind(kind),
        tif,
        flags,
        display_lots,
        0,
        expiry_ns,
        trigger_ticks,
        trail_ticks,
    )
    if queue == Queue.WAITING:
        book.waiting[order_id] = order
        return
    if _keeps_filled_lots(flags, queue):
        order.filled_lots, order.trail_ticks = trail_ticks, 0
    book.rest(order)
    if display_lots:
        order.reserve_lots = open_lots - shown_lots
        book.orders[order_id][0][order_id] = shown_lots
