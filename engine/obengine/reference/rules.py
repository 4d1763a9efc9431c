"""RULE commands, and what they do to orders (sections 4.10, 4.11 and 4.13 of the specification)."""

from __future__ import annotations

from obengine.api.messages import (
    NO_PRICE,
    BandMode,
    CancelReason,
    EventKind,
    Matching,
    RejectCode,
    Rule,
    Side,
    TradingState,
    setting_of,
)
from obengine.reference.bands import Band
from obengine.reference.orders import Command
from obengine.reference.pro_rata import ProRata
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
        book.band = _band_of(command)
        cancel_outside(book)
    elif command.kind == Rule.MATCHING:
        shares = command.side == Matching.PRO_RATA
        book.pro_rata = ProRata(command.qty_lots, command.participant) if shares else None
        book.top = [None, None]
    return 0


def _band_of(command: Command) -> Band | None:
    mode = BandMode(command.side)
    if not mode:
        return None
    times = (command.qty_lots, command.participant) if mode == BandMode.PAUSE else (0, 0)
    return Band(mode, command.price_ticks, command.order_id, *times)


def band_holds(book: SymbolBook) -> bool:
    """Whether the symbol has a band, and one that holds in its trading state."""
    return book.band is not None and (book.band.mode == BandMode.REJECT or book.state == TradingState.OPEN)


def check_band(book: SymbolBook, side: int, limit: int) -> int:
    """The RejectCode if an order with this limit may not arrive, else 0."""
    rejects = book.band is not None and book.band.mode == BandMode.REJECT
    return RejectCode.OUTSIDE_BAND if rejects and is_outside(book, side, limit) else 0


def is_outside(book: SymbolBook, side: int, limit: int) -> bool:
    """Whether a limit (not NO_PRICE) is outside a band that holds."""
    holds = book.band is not None and limit != NO_PRICE and band_holds(book)
    return book.band is not None and holds and book.band.is_outside(side, limit)


def bring_inside(book: SymbolBook, side: int, limit: int) -> int:
    """The limit with which an order arrives: a band of mode PAUSE that holds brings it inside."""
    pauses = book.band is not None and book.band.mode == BandMode.PAUSE
    return inside_band(book, side, limit) if pauses else limit


def inside_band(book: SymbolBook, side: int, limit: int) -> int:
    """The limit itself, or the last valid price inside the band if it is outside."""
    if book.band is None or not is_outside(book, side, limit):
        return limit
    return last_inside(book, book.band, side)


def last_inside(book: SymbolBook, band: Band, side: int) -> int:
    """The last valid price of a side inside a band."""
    worst = band.worst(side)
    rounded = round_limit(book, side, worst)
    return worst if rounded is None else rounded


def round_limit(book: SymbolBook, side: int, limit: int) -> int | None:
    """The next valid price that is not more aggressive than a limit of a side."""
    return book.steps.ceil(limit) if side == Side.SELL else book.steps.floor(limit)


def cancel_outside(book: SymbolBook) -> None:
    """Cancel the orders, but for waiting stops, whose limits are outside the band, if it holds for them."""
    if book.band is None or not band_holds(book):
        return
    kept = set(book.waiting)
    if book.band.mode == BandMode.PAUSE:
        kept |= set(book.at_auction)
    for order_id, side in book.in_snapshot_order():
        if order_id not in kept and is_outside(book, side, book.limit(order_id)):
            book.cancel_lots(order_id, book.open_lots(order_id), CancelReason.BAND)
