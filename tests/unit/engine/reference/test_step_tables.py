"""Tables of price steps and lot steps by price (section 4.10 of the specification)."""

from __future__ import annotations

from typing import Any

import pytest

from obengine.api.messages import MAX_PRICE, MIN_PRICE, NO_PRICE, BandMode, OrderKind
from obengine.reference.book import ReferenceBook
from obengine.reference.step_table import StepRow, StepTable
from tests.unit.engine.book_driver import AUCTION, BUY, SELL, BookDriver, Priority, RejectCode

OFF_PRICE = [("rejected", RejectCode.OFF_STEP_PRICE)]
OFF_LOTS = [("rejected", RejectCode.OFF_STEP_QUANTITY)]


def tabled() -> BookDriver:
    """Below 100: steps 1 and 10; from 100: 5 and 1; from 203: 10 and 2."""
    driver = BookDriver(symbols=2)
    driver.book.set_steps(lot_step=10)
    driver.book.set_steps_from(100, price_step_ticks=5)
    driver.book.set_steps_from(203, price_step_ticks=10, lot_step=2)
    return driver


@pytest.mark.parametrize(
    ("lots", "price", "answer"),
    [
        (10, 99, None),
        (11, 99, OFF_LOTS),
        (11, 100, None),
        (11, 101, OFF_PRICE),
        (3, 200, None),
        (3, 203, OFF_PRICE),
        (3, 205, OFF_PRICE),
        (3, 210, OFF_LOTS),
        (4, 210, None),
        (10, MIN_PRICE, None),
    ],
)
def test_each_price_range_has_its_steps(lots: int, price: int, answer: object) -> None:
    assert tabled().new(1, BUY, lots, price) == (answer or [("accepted", 1, lots, price)])
    assert tabled().new(1, BUY, lots, price, symbol=1) == [("accepted", 1, lots, price)]


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ({"price_ticks": 99, "trigger_ticks": 101}, OFF_PRICE),
        ({"price_ticks": 99, "trigger_ticks": 200}, OFF_LOTS),
        ({"price_ticks": 100, "trigger_ticks": 99}, None),
        ({"trigger_ticks": 100}, None),
        ({"trigger_ticks": 99}, OFF_LOTS),
        ({"kind": OrderKind.MARKET}, OFF_LOTS),
        ({"kind": OrderKind.MARKET, "price_ticks": 100}, None),
        ({"trail_ticks": 3}, OFF_LOTS),
    ],
)
def test_a_quantity_goes_by_the_row_of_the_limit_then_trigger_then_last_price(
    order: dict[str, Any], answer: list[object] | None
) -> None:
    rows = BookDriver.rows_of(tabled().book.submit(1, BUY, 11, **order))
    assert rows == answer if answer else rows[0][0] == "accepted"


def test_distances_go_by_the_row_of_the_last_price() -> None:
    driver = tabled()
    driver.new(1, SELL, 1, 150)
    driver.new(2, BUY, 1, 150)
    assert driver.new(3, SELL, 3, trail_ticks=3) == OFF_PRICE
    assert driver.new(3, SELL, 3, 2, trail_ticks=5) == OFF_PRICE
    assert driver.new(3, SELL, 3, 10, trail_ticks=5)[0][0] == "accepted"
    assert driver.modify(3, 2, 5, trail_ticks=4) == OFF_PRICE
    assert driver.modify(3, 2, 5)[0] == ("modified", 3, 2, 5, Priority.KEPT)


def test_a_modify_goes_by_the_row_of_the_new_price() -> None:
    driver = tabled()
    driver.new(1, BUY, 10, 99)
    assert driver.modify(1, 9, 99) == OFF_LOTS
    assert driver.modify(1, 9, 101) == OFF_PRICE
    assert driver.modify(1, 9, 100) == [("modified", 1, 9, 100, Priority.LOST)]


def test_a_slide_and_a_band_end_on_a_valid_price_of_the_row_below() -> None:
    driver = tabled()
    driver.new(1, SELL, 2, 210)
    assert driver.new(2, BUY, 1, 210, post_only=True, slide=True) == OFF_LOTS
    assert driver.new(2, BUY, 2, 210, post_only=True, slide=True) == [("accepted", 2, 2, 200)]
    driver.book.set_band(BandMode.REJECT, 204, 5)
    driver.new(3, BUY, 2, 300, trigger_ticks=300)
    driver.execute(1, 1)
    assert driver.new(4, SELL, 2, 200)[-1] == ("traded", 4, 2, 2, 200)


def test_the_limit_of_a_trailing_stop_is_rounded_behind_its_row() -> None:
    driver = tabled()
    driver.new(1, SELL, 9, 150)
    driver.new(2, BUY, 1, 150)
    driver.new(3, BUY, 1, -51 + 1, trail_ticks=5)
    driver.new(4, SELL, 1, 155)
    driver.cancel(1)
    assert driver.new(5, BUY, 1, 155)[-1] == ("triggered", 3, 1, 105)


def test_an_auction_rounds_the_reference_price_into_the_row_below() -> None:
    driver = tabled()
    driver.state(AUCTION)
    driver.new(1, BUY, 4, 220)
    driver.new(2, SELL, 4, 180)
    indication = driver.book.indication(reference_ticks=208)
    assert indication is not None
    assert indication.price_ticks == 200


def test_rounding_goes_through_rows_without_a_valid_price() -> None:
    table = StepTable(100)
    table.add(StepRow(110, 1000, 1))
    table.add(StepRow(120, 7, 1))
    assert [table.floor(price) for price in (119, 125, 126, 99, -1)] == [100, 100, 126, 0, -100]
    assert [table.ceil(price) for price in (101, 111, 126, 127, 1)] == [126, 126, 126, 133, 100]
    assert StepTable(65_535).floor(MIN_PRICE + 3) is None
    assert StepTable(65_535).ceil(MAX_PRICE) is None


def test_a_table_has_at_most_64_rows_and_a_row_from_the_same_price_is_replaced() -> None:
    driver = BookDriver()
    for price in range(63):
        driver.book.set_steps_from(price, price_step_ticks=2)
    full = [("rejected", RejectCode.BAD_RULE)]
    assert driver.rows_of(driver.book.set_steps_from(99, price_step_ticks=2)) == full
    assert driver.rows_of(driver.book.set_steps_from(62, price_step_ticks=3)) == [("rule_set", 0, 1, 62)]
    assert driver.rows_of(driver.book.set_steps_from(MIN_PRICE, lot_step=3))[0][0] == "rule_set"
    assert driver.new(1, BUY, 3, 64) == OFF_PRICE
    assert driver.new(1, BUY, 1, 63) == [("accepted", 1, 1, 63)]
    assert driver.new(2, BUY, 1, -1) == OFF_LOTS


@pytest.mark.parametrize("row", [{"price_step_ticks": 0}, {"lot_step": 65_536}, {"price_ticks": NO_PRICE}])
def test_a_row_without_a_price_or_with_a_bad_step_is_rejected(row: dict[str, int]) -> None:
    driver = BookDriver()
    price = row.pop("price_ticks", 5)
    events = driver.book.set_steps_from(price, **row)
    assert driver.rows_of(events) == [("rejected", RejectCode.BAD_RULE)]


def test_a_table_survives_a_restore_and_steps_replace_it() -> None:
    driver, book = tabled(), ReferenceBook(2)
    book.restore(driver.book.snapshot())
    assert book.snapshot().rules.tolist() == [(0, 1, 0, 1, 0, 100, 5, 0), (0, 1, 0, 2, 0, 203, 10, 0)]
    driver.book.book = book
    assert driver.new(1, BUY, 11, 101) == OFF_PRICE
    driver.book.set_steps()
    assert len(book.snapshot().rules) == len(book.snapshot().symbols) == 0
    assert driver.new(1, BUY, 11, 101) == [("accepted", 1, 11, 101)]
