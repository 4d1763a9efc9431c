"""Trading states, limit states and trading pauses (sections 4.12 and 5 of the specification)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obengine.api.messages import (
    MAX_ID,
    NO_PRICE,
    NO_SIDE,
    BandMode,
    EventKind,
    Side,
    StateFlag,
    TradingState,
)
from obengine.reference.auction import uncross
from obengine.reference.bands import Timer
from obengine.reference.rules import cancel_outside, last_inside
from obengine.reference.stops import elect_by_last
from obengine.reference.symbol_book import SymbolBook

_NS_OF_MS: Final = 1_000_000


def change_state(book: SymbolBook, state: int, reference: int = NO_PRICE, flags: int = 0) -> None:
    """Set the trading state with flags of STATE; on OPEN, uncross the book and elect stops. A pause ends."""
    old, ending = book.state, book.auction_tif
    book.state, book.closing = state, bool(flags & StateFlag.CLOSING)
    if book.timer is not None and book.timer.side == NO_SIDE:
        book.timer = None
    if reference == NO_PRICE and book.last_ticks is not None:
        reference = book.last_ticks
    book.emit(EventKind.STATE_CHANGED, state, 0, old, flags, reference)
    opens = state == TradingState.OPEN
    auction_price = uncross(book, reference, ending) if opens or flags & StateFlag.UNCROSS else None
    if book.band is not None and book.band.mode == BandMode.PAUSE:
        if auction_price is not None:
            book.band = replace(book.band, reference_ticks=auction_price)
        if opens:
            cancel_outside(book)
    if opens:
        elect_by_last(book)


def update_limit_state(book: SymbolBook, clock_ns: int) -> None:
    """Determine the limit state again."""
    before = NO_SIDE if book.timer is None else book.timer.side
    band = book.band
    side = _limit_side(book)
    if side == before:
        return
    if band is None or side == NO_SIDE:
        book.timer = None
        book.emit(EventKind.LIMIT_STATE, NO_SIDE, 0, 0, 0, 0)
        return
    book.timer = Timer(side, _after(clock_ns, band.limit_ms))
    book.emit(EventKind.LIMIT_STATE, side, 0, book.timer.until_ns, 0, last_inside(book, band, side))


def run_timer(book: SymbolBook, clock_ns: int) -> bool:
    """Begin a pause or reopen the symbol if its timer is due; return whether it was."""
    if book.timer is None or book.timer.until_ns > clock_ns:
        return False
    if book.timer.side == NO_SIDE:
        change_state(book, TradingState.OPEN)
        return True
    pause_ms = book.band.pause_ms if book.band is not None else 0
    change_state(book, TradingState.AUCTION)
    book.timer = None
    book.emit(EventKind.LIMIT_STATE, NO_SIDE, 0, 0, 0, 0)
    book.timer = Timer(NO_SIDE, _after(clock_ns, pause_ms))
    return True


def _limit_side(book: SymbolBook) -> int:
    """The side that is at the end of the band; NO_SIDE if there is none."""
    band = book.band
    if band is None or band.mode != BandMode.PAUSE or book.state != TradingState.OPEN:
        return NO_SIDE
    for side in Side:
        ladder = book.ladder(side)
        best = ladder.best_displayed()
        if best is not None and best * ladder.sign <= last_inside(book, band, side) * ladder.sign:
            return side
    return NO_SIDE


def _after(clock_ns: int, time_ms: int) -> int:
    return min(clock_ns + time_ms * _NS_OF_MS, MAX_ID)
