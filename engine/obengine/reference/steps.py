"""Whether orders have valid prices and quantities (section 4.10 of the specification)."""

from __future__ import annotations

from obengine.api.messages import NO_PRICE, RejectCode
from obengine.reference.orders import STOPS, TRAILING, Order
from obengine.reference.step_table import StepRow
from obengine.reference.symbol_book import SymbolBook


def check_steps(book: SymbolBook, order: Order, enters_trigger: bool = True) -> int:
    """The RejectCode if a price or a quantity that an order enters is not valid, else 0.

    Args:
        book: the symbol's book.
        order: the order with what it enters; its trail and offset are distances, not prices.
        enters_trigger: whether its trigger is entered; if not, it can only determine the row.
    """
    if book.steps.is_default:
        return 0
    prices, distances = [order.price_ticks], [order.trail_ticks]
    if order.kind in TRAILING:
        prices, distances = [], [order.trail_ticks, order.price_ticks]
    elif order.kind in STOPS and enters_trigger:
        prices.append(order.trigger_ticks)
    row = _row_of(book, order)
    if any(price % book.steps.row_of(price).price_step for price in prices if price != NO_PRICE) or any(
        distance % row.price_step for distance in distances if distance != NO_PRICE
    ):
        return RejectCode.OFF_STEP_PRICE
    lots = (order.open_lots, order.display_lots)
    return RejectCode.OFF_STEP_QUANTITY if any(number % row.lot_step for number in lots) else 0


def _row_of(book: SymbolBook, order: Order) -> StepRow:
    """The row of an order: that of its limit, else of its fixed trigger, else of the last price."""
    if order.kind not in TRAILING:
        if order.price_ticks != NO_PRICE:
            return book.steps.row_of(order.price_ticks)
        if order.kind in STOPS:
            return book.steps.row_of(order.trigger_ticks)
    return book.steps.rows[0] if book.last_ticks is None else book.steps.row_of(book.last_ticks)
