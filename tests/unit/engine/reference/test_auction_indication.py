"""The auction price inside the range, and what an auction indicates while it runs (section 6)."""

from __future__ import annotations

import pytest

from obengine.api.errors import SymbolError
from obengine.api.messages import NO_PRICE, NO_SIDE, EventKind, Side
from obengine.api.orders import indicate
from obengine.api.protocol import Indication
from tests.unit.engine.book_driver import AON, AUCTION, BUY, OPEN, SELL, BookDriver


def in_auction() -> BookDriver:
    driver = BookDriver()
    driver.new(9, SELL, 1, 107)
    driver.execute(9, 1)
    driver.state(AUCTION)
    return driver


def test_the_reference_price_is_the_auction_price_inside_the_range() -> None:
    driver = in_auction()
    driver.new(1, BUY, 5, 110)
    driver.new(2, SELL, 5, 100)
    assert driver.state(OPEN, reference_ticks=103)[1:] == [("auction", 5, 103), ("traded", 1, 2, 5, 103)]


def test_the_indication_of_an_auction_is_what_its_uncross_gives() -> None:
    driver = in_auction()
    assert driver.book.indication() is None
    driver.new(1, BUY, 5, 110)
    assert driver.book.indication() is None
    driver.new(2, SELL, 5, 100)
    assert driver.book.indication() == Indication(107, 5, 0)
    driver.new(3, SELL, 2, 100)
    driver.new(4, SELL, 50, 100, tif=AON)
    assert driver.book.indication(reference_ticks=103) == Indication(100, 5, -2)
    driver.new(5, BUY, 6, 109, hidden=True)
    indication = driver.book.indication()
    assert indication == Indication(109, 7, 4)
    assert driver.state(OPEN)[1] == ("auction", indication.volume_lots, indication.price_ticks)


def test_an_indication_is_of_a_symbol_that_the_book_has() -> None:
    with pytest.raises(SymbolError):
        BookDriver().book.indication(1)


def test_an_indication_is_published_when_asked_for() -> None:
    driver = in_auction()
    (nothing,) = driver.book.apply(indicate())
    assert nothing[1:] == (EventKind.INDICATION, NO_SIDE, 0, 0, 0, 0, NO_PRICE)
    driver.new(1, BUY, 5, 110)
    driver.new(2, SELL, 7, 100)
    before = driver.book.snapshot()
    (indication,) = driver.book.apply(indicate())
    assert indication[1:] == (EventKind.INDICATION, Side.SELL, 0, 5, 2, 0, 100)
    assert driver.book.snapshot().digest() == before.digest()
    driver.new(3, BUY, 2, 103)
    driver.new(4, BUY, 3, 103)
    (indication,) = driver.book.apply(indicate(reference_ticks=104))
    assert indication[2:] == (Side.BUY, 0, 7, 3, 0, 103)
