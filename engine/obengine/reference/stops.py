"""Arrival of orders, and what follows: stops, and AON orders that look again (sections 4.2, 4.9 and 7)."""

from __future__ import annotations

from obengine.api.messages import (
    MAX_PRICE,
    MIN_PRICE,
    NO_PRICE,
    CancelReason,
    EventKind,
    OrderFlag,
    OrderKind,
    Side,
    TimeInForce,
    TradingState,
)
from obengine.reference.matching import can_fill, first_fillable, match
from obengine.reference.orders import LIMITED, TRAILING, WHOLE, Order
from obengine.reference.rules import inside_band, round_limit
from obengine.reference.symbol_book import SymbolBook


def arrive(book: SymbolBook, taker: Order, min_lots: int = 0) -> None:
    """Match an order in an OPEN book after its own event was emitted; the remainder rests or is cancelled."""
    if taker.flags & OrderFlag.POST_ONLY:
        book.rest(taker)
        return
    wanted = taker.open_lots if taker.tif in WHOLE else min_lots
    if wanted and not can_fill(book, taker, wanted):
        if taker.tif == TimeInForce.AON:
            book.rest(taker)
        else:
            whole = taker.tif == TimeInForce.FOK
            _cancel_remainder(book, taker, CancelReason.FILL_OR_KILL if whole else CancelReason.MINIMUM)
        return
    match(book, taker)
    if not taker.open_lots:
        return
    if taker.kind == OrderKind.MARKET or taker.tif == TimeInForce.IOC:
        _cancel_remainder(book, taker, CancelReason.IMMEDIATE)
    else:
        book.rest(taker)


def accept_stop(book: SymbolBook, stop: Order) -> None:
    """Let an accepted stop wait, or elect it at once if the last price reaches it."""
    last = book.last_ticks
    if last is not None:
        _update_trailing_trigger(stop, last)
        if book.state == TradingState.OPEN and _reaches(last, stop):
            book.elected.append(stop)
            return
    book.waiting[stop.order_id] = stop


def is_valid_trigger(stop: Order, trigger_ticks: int) -> bool:
    """Whether a waiting stop may have this trigger, or trail if it is a trailing one."""
    return trigger_ticks > 0 if stop.kind in TRAILING else trigger_ticks != NO_PRICE


def amend_trigger(book: SymbolBook, stop: Order, trigger_ticks: int) -> None:
    """Give a waiting stop a new trigger or trail; elect it at once if the last price reaches it."""
    if stop.kind not in TRAILING:
        stop.trigger_ticks = trigger_ticks
    else:
        sign = -1 if stop.side else 1
        if stop.trigger_ticks != NO_PRICE:
            seen = _saturated(stop.trigger_ticks - sign * stop.trail_ticks)
            stop.trigger_ticks = _saturated(seen + sign * trigger_ticks)
        stop.trail_ticks = trigger_ticks
    last = book.last_ticks
    if last is not None and book.state == TradingState.OPEN and _reaches(last, stop):
        del book.waiting[stop.order_id]
        book.elected.append(stop)


def elect_by_last(book: SymbolBook) -> None:
    """Elect stops by the last price, when a book opens."""
    book.first_unseen_ticks = None
    if book.last_ticks is not None:
        book.elected.extend(_elected_by(book, book.last_ticks))


def settle(book: SymbolBook) -> None:
    """After a change of the book: elect stops, let AON orders look again, trigger elected stops."""
    while True:
        book.elected.extend(_elected_by_trades(book))
        again = first_fillable(book) if book.state == TradingState.OPEN else None
        if again is not None:
            order = book.remove(again)
            _emit_triggered(book, order)
            match(book, order)
        elif book.elected:
            stop = book.elected.popleft()
            _convert_to_order(book, stop)
            _emit_triggered(book, stop)
            arrive(book, stop)
        else:
            return


def _emit_triggered(book: SymbolBook, order: Order) -> None:
    book.emit(
        EventKind.TRIGGERED, order.side, order.open_lots, order.order_id, order.placement, order.price_ticks
    )


def _elected_by_trades(book: SymbolBook) -> list[Order]:
    first, last = book.first_unseen_ticks, book.last_ticks
    book.first_unseen_ticks = None
    if first is None or last is None or not book.waiting or book.state != TradingState.OPEN:
        return []
    return _elected_by(book, first) + (_elected_by(book, last) if last != first else [])


def _elected_by(book: SymbolBook, price: int) -> list[Order]:
    """Remove the stops that a price reaches from the waiting ones; return them in election order."""
    elected = []
    for stop in list(book.waiting.values()):
        _update_trailing_trigger(stop, price)
        if _reaches(price, stop):
            del book.waiting[stop.order_id]
            elected.append(stop)
    return sorted(elected, key=_by_trigger)


def _by_trigger(stop: Order) -> tuple[int, int]:
    return stop.side, -stop.trigger_ticks if stop.side else stop.trigger_ticks


def _update_trailing_trigger(stop: Order, price: int) -> None:
    """Move the trigger of a trailing stop after a price."""
    if stop.kind not in TRAILING:
        return
    moved = _saturated(price + (-stop.trail_ticks if stop.side else stop.trail_ticks))
    if stop.trigger_ticks == NO_PRICE:
        stop.trigger_ticks = moved
    else:
        closer = max if stop.side == Side.SELL else min
        stop.trigger_ticks = closer(stop.trigger_ticks, moved)


def _reaches(price: int, stop: Order) -> bool:
    return price <= stop.trigger_ticks if stop.side == Side.SELL else price >= stop.trigger_ticks


def _convert_to_order(book: SymbolBook, stop: Order) -> None:
    """Convert an elected stop to the order that it becomes."""
    if stop.kind == OrderKind.TRAILING_STOP_LIMIT:
        limit = _saturated(stop.trigger_ticks + stop.price_ticks)
        rounded = round_limit(book, stop.side, limit) if len(book.steps.rows) > 1 else limit
        stop.price_ticks = limit if rounded is None else rounded
    if stop.kind in LIMITED:
        stop.price_ticks = inside_band(book, stop.side, stop.price_ticks)
    stop.kind = OrderKind.LIMIT if stop.kind in LIMITED else OrderKind.MARKET
    stop.trigger_ticks = stop.trail_ticks = 0


def _cancel_remainder(book: SymbolBook, taker: Order, reason: CancelReason) -> None:
    book.emit(EventKind.CANCELLED, reason, taker.open_lots, taker.order_id, 0, taker.price_ticks)


def _saturated(price: int) -> int:
    return min(max(price, MIN_PRICE), MAX_PRICE)
