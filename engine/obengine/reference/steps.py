"""Price steps and lot steps of a symbol (section 4.10 of the specification)."""

from __future__ import annotations

from obengine.api.messages import NO_PRICE, RejectCode
from obengine.reference.orders import TRAILING, Order
from obengine.reference.symbol_book import SymbolBook


def floor_price(book: SymbolBook, price: int) -> int:
    """The next multiple of the price step at or below a price; it may be below the range of prices."""
    return price - price % book.price_step


def ceil_price(book: SymbolBook, price: int) -> int:
    """The next multiple of the price step at or above a price; it may be above the range of prices."""
    return price + -price % book.price_step


def check_new_steps(book: SymbolBook, order: Order) -> int:
    """The RejectCode if a new order has a price or a quantity that is no multiple of its step, else 0."""
    trigger = order.trail_ticks if order.kind in TRAILING else order.trigger_ticks
    return check_steps(book, (order.price_ticks, trigger), (order.open_lots, order.display_lots))


def check_steps(book: SymbolBook, prices: tuple[int, ...], lots: tuple[int, ...]) -> int:
    """The RejectCode if a price (NO_PRICE apart) or a quantity is no multiple of its step, else 0."""
    if any(price % book.price_step for price in prices if price != NO_PRICE):
        return RejectCode.OFF_STEP_PRICE
    return RejectCode.OFF_STEP_QUANTITY if any(number % book.lot_step for number in lots) else 0
