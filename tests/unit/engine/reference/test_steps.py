"""Price steps and lot steps of a symbol (section 4.10 of the specification)."""

from __future__ import annotations

from typing import Any

import pytest

from obengine.api.messages import NO_PRICE, OrderKind
from obengine.api.orders import set_steps
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import (
    AUCTION,
    BUY,
    OPEN,
    SELL,
    BookDriver,
    Priority,
    RejectCode,
)

OFF_PRICE = [("rejected", RejectCode.OFF_STEP_PRICE)]
OFF_LOTS = [("rejected", RejectCode.OFF_STEP_QUANTITY)]


def stepped(price_step: int = 5, lots: int = 10) -> BookDriver:
    driver = BookDriver(symbols=2)
    driver.book.set_steps(price_step_ticks=price_step, lot_step=lots)
    return driver


def test_prices_and_quantities_are_multiples_of_the_steps_of_their_symbol() -> None:
    driver = stepped()
    assert driver.new(1, BUY, 10, 101) == OFF_PRICE
    assert driver.new(1, BUY, 11, 100) == OFF_LOTS
    assert driver.new(1, BUY, 11, 101) == OFF_PRICE
    assert driver.new(1, BUY, 10, 100) == [("accepted", 1, 10, 100)]
    assert driver.new(2, BUY, 10, -5) == [("accepted", 2, 10, -5)]
    assert driver.new(1, BUY, 11, 101, symbol=1) == [("accepted", 1, 11, 101)]


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ({"price_ticks": 100, "trigger_ticks": 101}, OFF_PRICE),
        ({"price_ticks": 101, "trigger_ticks": 100}, OFF_PRICE),
        ({"trail_ticks": 4}, OFF_PRICE),
        ({"price_ticks": 3, "trail_ticks": 5}, OFF_PRICE),
        ({"price_ticks": 101, "kind": OrderKind.MARKET}, OFF_PRICE),
        ({"price_ticks": 100, "display_lots": 5}, OFF_LOTS),
    ],
)
def test_every_price_and_the_display_of_an_order_are_checked(
    order: dict[str, Any], answer: list[object]
) -> None:
    assert BookDriver.rows_of(stepped().book.submit(1, BUY, 10, **order)) == answer


def test_modifies_are_checked_and_orders_from_before_stay() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 11, 101)
    driver.new(2, SELL, 11, trigger_ticks=99)
    assert driver.book.set_steps(price_step_ticks=5, lot_step=10)[0][3:] == (0, 10, 5, 0, 0)
    assert driver.rows() == [(1, 11, 11, 101), (2, 11, 0, NO_PRICE)]
    assert driver.modify(1, 10, 101) == OFF_PRICE
    assert driver.modify(1, 9, 100) == OFF_LOTS
    assert driver.modify(1, 10, 100) == [("modified", 1, 10, 100, Priority.LOST)]
    assert driver.modify(2, 10, trigger_ticks=98) == OFF_PRICE
    assert driver.modify(2, 10, 3) == [("modified", 2, 10, NO_PRICE, Priority.KEPT)]
    assert driver.cancel(1, 3)[0][2] == 3
    assert driver.new(3, SELL, 10, 100)[1] == ("traded", 3, 1, 7, 100)


def test_a_slide_ends_on_a_step() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 101)
    driver.book.set_steps(price_step_ticks=5)
    assert driver.new(2, BUY, 10, 105, post_only=True, slide=True) == [("accepted", 2, 10, 100)]
    assert driver.new(3, SELL, 10, 95, post_only=True, slide=True) == [("accepted", 3, 10, 105)]


def test_an_auction_rounds_the_reference_price_down_to_a_step() -> None:
    driver = stepped(lots=1)
    driver.state(AUCTION)
    driver.new(1, BUY, 5, 120)
    driver.new(2, SELL, 5, 100)
    indication = driver.book.indication(reference_ticks=109)
    assert indication is not None
    assert indication.price_ticks == 105
    assert driver.state(OPEN, reference_ticks=109)[1] == ("auction", 5, 105)


def test_steps_survive_a_restore_and_1_is_no_step() -> None:
    driver = stepped()
    book = ReferenceBook(2)
    book.restore(driver.book.snapshot())
    assert book.snapshot().symbols.tolist() == [(0, 0, 0, 5, 10, 0)]
    driver.book.book = book
    assert driver.new(1, BUY, 10, 101) == OFF_PRICE
    book.apply(set_steps())
    assert len(book.snapshot().symbols) == 0
    assert driver.new(1, BUY, 11, 101) == [("accepted", 1, 11, 101)]
