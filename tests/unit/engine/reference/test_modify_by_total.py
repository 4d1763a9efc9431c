"""MODIFY by total quantity, and new triggers and trails of stops (section 4.7 of the specification)."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, Side
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import (
    AUCTION,
    BUY,
    HALT,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    Priority,
    RejectCode,
)


def test_a_modify_by_total_that_races_with_a_fill_adds_nothing() -> None:
    for by_total, left in ((True, 6), (False, 10)):
        driver = BookDriver()
        driver.new(1, SELL, 10, 100, modify_by_total=by_total)
        driver.new(2, BUY, 4, 100)
        assert driver.modify(1, 10, 100)[0][:4] == ("modified", 1, left, 100)
        assert driver.rows() == [(1, left, left, 100)]


def test_lots_filled_on_arrival_by_execute_and_in_an_auction_count() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 2, 99)
    driver.new(2, BUY, 10, 100, modify_by_total=True)
    driver.execute(2, 1)
    assert driver.modify(2, 10, 101) == [("modified", 2, 7, 101, Priority.LOST)]
    driver.state(AUCTION)
    driver.new(3, SELL, 3, 101)
    driver.state(OPEN)
    assert driver.modify(2, 9, 101) == [("modified", 2, 3, 101, Priority.KEPT)]
    assert driver.book.snapshot().orders["trail_ticks"].tolist() == [6]


def test_cancelled_lots_leave_the_total() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, modify_by_total=True)
    driver.execute(1, 2)
    driver.cancel(1, 3)
    assert driver.modify(1, 7, 100) == [("modified", 1, 5, 100, Priority.KEPT)]


@pytest.mark.parametrize("total", [4, 3, 1])
def test_a_total_that_is_already_filled_cancels_the_rest(total: int) -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, modify_by_total=True)
    driver.execute(1, 4)
    driver.state(HALT)
    assert driver.modify(1, total, 90) == [("cancelled", 1, 6, CancelReason.REQUESTED)]
    assert driver.rows() == []


def test_the_filled_lots_of_an_order_by_total_survive_a_restore() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, modify_by_total=True)
    driver.execute(1, 4)
    book = ReferenceBook()
    book.restore(driver.book.snapshot())
    assert book.state_digest() == driver.book.book.state_digest()
    driver.book.book = book
    assert driver.modify(1, 10, 100) == [("modified", 1, 6, 100, Priority.KEPT)]


def traded_at(price: int) -> BookDriver:
    driver = BookDriver()
    driver.new(1, SELL, 1, price)
    driver.execute(1, 1)
    return driver


def test_the_trigger_of_a_stop_is_amended_and_reached_at_once_by_the_last_price() -> None:
    driver = traded_at(100)
    driver.new(2, SELL, 5, 90, trigger_ticks=95)
    assert driver.modify(2, 4, 91, trigger_ticks=99) == [("modified", 2, 4, 91, Priority.KEPT)]
    assert driver.book.snapshot().orders["trigger_ticks"].tolist() == [99]
    assert driver.modify(2, 4, 91, trigger_ticks=100)[1:] == [("triggered", 2, 4, 91)]
    assert driver.rows() == [(2, 4, 4, 91)]


@pytest.mark.parametrize(("side", "moved", "amended"), [(SELL, 105, 108), (BUY, 95, 92)])
def test_the_trail_of_a_trailing_stop_is_amended_from_the_best_price_that_it_saw(
    side: Side, moved: int, amended: int
) -> None:
    driver = traded_at(100)
    driver.new(2, side, 5, trail_ticks=5)
    driver.new(3, SELL, 1, 110 if side == SELL else 90)
    driver.execute(3, 1)
    assert driver.book.snapshot().orders["trigger_ticks"].tolist() == [moved]
    driver.modify(2, 5, trail_ticks=2)
    (stop,) = driver.book.snapshot().orders
    assert (stop["trigger_ticks"], stop["trail_ticks"]) == (amended, 2)


def test_a_trailing_stop_without_a_trigger_keeps_none_with_a_new_trail() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, trail_ticks=5)
    driver.modify(1, 1, trail_ticks=7)
    (stop,) = driver.book.snapshot().orders
    assert (stop["trigger_ticks"], stop["trail_ticks"]) == (NO_PRICE, 7)


def test_an_amended_trigger_waits_while_the_symbol_is_not_open() -> None:
    driver = traded_at(100)
    driver.new(2, SELL, 5, 90, trigger_ticks=95)
    driver.state(HALT)
    assert len(driver.modify(2, 5, 90, trigger_ticks=100)) == 1
    assert driver.state(OPEN)[1:] == [("triggered", 2, 5, 90)]


def test_a_trail_must_be_above_0_and_an_order_that_does_not_wait_has_none() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, trail_ticks=5)
    driver.new(2, SELL, 1, 100)
    assert driver.modify(1, 1, trail_ticks=0) == [("rejected", RejectCode.BAD_TRIGGER)]
    assert driver.modify(2, 1, 100, trigger_ticks=1) == [("rejected", RejectCode.BAD_TRIGGER)]
