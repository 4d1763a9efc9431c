"""An engine to its snapshot and back: section 11 of the specification."""

from __future__ import annotations

import numpy as np

from obengine.api.messages import OrderKind, Queue
from obengine.api.snapshot import ENGINE, RESTING, SYMBOL, Snapshot
from obengine.reference.commands import Engine
from obengine.reference.orders import NO_EXTENSION, Extension, Ticket
from obengine.reference.symbol_book import SymbolBook

_Row = tuple[int, ...]


def freeze(engine: Engine, next_sequence: int) -> Snapshot:
    """The whole state."""
    display_lots, min_lots, expiry_ns, trigger_ticks = engine.extension or NO_EXTENSION
    extended = int(engine.extension is not None)
    head = (engine.clock_ns, extended, display_lots, min_lots, 0, expiry_ns, trigger_ticks)
    symbols = [
        (book.symbol, book.state, book.last_ticks is not None, 0, book.last_ticks or 0)
        for book in engine.books
        if book.state or book.last_ticks is not None
    ]
    orders = [row for book in engine.books if book.orders or book.waiting for row in _rows(book)]
    return Snapshot(
        next_sequence, np.array(orders, RESTING), np.array([head], ENGINE), np.array(symbols, SYMBOL)
    )


def thaw(snapshot: Snapshot, symbols: int) -> Engine:
    """An engine in the state of a sound snapshot."""
    engine = Engine(symbols)
    engine.clock_ns, extended, display_lots, min_lots, _, expiry_ns, trigger_ticks = snapshot.engine[
        0
    ].tolist()
    if extended:
        engine.extension = Extension(display_lots, min_lots, expiry_ns, trigger_ticks)
    for symbol, state, has_last, _, last_ticks in snapshot.symbols.tolist():
        book = engine.books[symbol]
        book.state, book.last_ticks = state, last_ticks if has_last else None
    for row in snapshot.orders.tolist():
        _put(engine.books[row[0]], *row[1:])
    return engine


def _rows(book: SymbolBook) -> list[_Row]:
    rows = []
    for order_id, side in book.in_snapshot_order():
        ticket = book.waiting.get(order_id)
        if ticket is None:
            queue, price, _, owner = book.orders[order_id]
            ticket = book.tickets.get(order_id) or Ticket(order_id, side, owner, price, 0)
            rows.append(_row(book, ticket, ticket.queue, queue[order_id]))
        else:
            rows.append(_row(book, ticket, Queue.WAITING, 0))
    return rows


def _row(book: SymbolBook, ticket: Ticket, queue: Queue, lots: int) -> _Row:
    """The `RESTING` record of an order."""
    return (
        book.symbol,
        ticket.side,
        ticket.kind,
        ticket.tif,
        queue,
        ticket.flags,
        book.open_lots(ticket.order_id),
        ticket.display_lots,
        lots if queue is Queue.DISPLAYED else 0,
        ticket.participant,
        ticket.order_id,
        ticket.price_ticks,
        ticket.trigger_ticks,
        ticket.trail_ticks,
        ticket.expiry_ns,
    )


def _put(
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
    """Put the order of a `RESTING` record where it stood."""
    ticket = Ticket(
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
        book.waiting[order_id] = ticket
        return
    book.rest(ticket)
    if display_lots:
        ticket.reserve_lots = open_lots - shown_lots
        book.orders[order_id][0][order_id] = shown_lots
