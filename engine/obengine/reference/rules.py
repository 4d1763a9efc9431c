"""RULE commands, and what they do to orders (section 4.11 of the specification)."""

from __future__ import annotations

from obengine.api.messages import (
    NO_PRICE,
    BandMode,
    CancelReason,
    EventKind,
    RejectCode,
    Rule,
    Side,
    setting_of,
)
from obengine.reference.bands import Band
from obengine.reference.orders import Command
from obengine.reference.step_table import StepRow
from obengine.reference.symbol_book import SymbolBook


def set_rule(book: SymbolBook, command: Command) -> int:
    """Apply a valid RULE command, or return its RejectCode."""
    if command.kind == Rule.STEPS_FROM:
        row = StepRow(command.price_ticks, command.participant, command.qty_lots)
        if not book.steps.add(row):
            return RejectCode.BAD_RULE
    book.emit(
        EventKind.RULE_SET,
        command.kind,
        command.qty_lots,
        command.order_id,
        setting_of(command.participant, command.side),
        command.price_ticks,
    )
    if command.kind == Rule.BAND:
        mode = BandMode(command.side)
        book.band = Band(mode, command.price_ticks, command.order_id) if mode else None
        _cancel_outside(book)
    return 0


def check_band(book: SymbolBook, side: int, limit: int) -> int:
    """The RejectCode if an order with this limit may not arrive, else 0."""
    return RejectCode.OUTSIDE_BAND if is_outside_band(book, side, limit) else 0


def is_outside_band(book: SymbolBook, side: int, limit: int) -> bool:
    """Whether there is a band, and a limit (not NO_PRICE) is outside it."""
    return book.band is not None and limit != NO_PRICE and book.band.is_outside(side, limit)


def inside_band(book: SymbolBook, side: int, limit: int) -> int:
    """The limit itself, or the last valid price inside the band if it is outside."""
    if book.band is None or not book.band.is_outside(side, limit):
        return limit
    worst = book.band.worst(side)
    rounded = round_limit(book, side, worst)
    return worst if rounded is None else rounded


def round_limit(book: SymbolBook, side: int, limit: int) -> int | None:
    """The next valid price that is not more aggressive than a limit of a side."""
    return book.steps.ceil(limit) if side == Side.SELL else book.steps.floor(limit)


def _cancel_outside(book: SymbolBook) -> None:
    """Cancel the orders, but for waiting stops, whose limits are outside the band."""
    for order_id, side in book.in_snapshot_order():
        if order_id not in book.waiting and is_outside_band(book, side, book.limit(order_id)):
            book.cancel_lots(order_id, book.open_lots(order_id), CancelReason.BAND)
