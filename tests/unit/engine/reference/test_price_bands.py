"""Price bands that reject orders (section 4.11 of the specification)."""

from __future__ import annotations

import pytest

from obengine.api.messages import MAX_PRICE, MIN_PRICE, NO_PRICE, BandMode, Side
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import (
    AON,
    AUCTION,
    BUY,
    HALT,
    SELL,
    BookDriver,
    CancelReason,
    Priority,
    RejectCode,
)

OUTSIDE = [("rejected", RejectCode.OUTSIDE_BAND)]
REJECT = BandMode.REJECT


def banded(reference: int = 100, width: int = 5) -> BookDriver:
    driver = BookDriver(symbols=2)
    driver.book.set_band(REJECT, reference, width)
    return driver


def test_a_buy_above_and_a_sell_below_the_band_are_rejected_and_the_other_side_rests() -> None:
    driver = banded()
    assert driver.new(1, BUY, 1, 106) == OUTSIDE
    assert driver.new(1, SELL, 1, 94) == OUTSIDE
    assert driver.new(1, BUY, 1, 94) == [("accepted", 1, 1, 94)]
    assert driver.new(2, SELL, 1, 106) == [("accepted", 2, 1, 106)]
    assert driver.new(3, BUY, 1, 105) == [("accepted", 3, 1, 105)]
    assert driver.new(4, BUY, 1, 106, symbol=1) == [("accepted", 4, 1, 106)]


@pytest.mark.parametrize("state", [HALT, AUCTION])
def test_the_band_holds_in_each_state_and_is_checked_before_it(state: int) -> None:
    driver = banded()
    driver.new(1, BUY, 5, 100)
    driver.state(state)
    assert driver.new(2, BUY, 1, 106) == OUTSIDE
    assert driver.modify(1, 5, 106) == OUTSIDE
    assert driver.modify(1, 4, 100) == [("modified", 1, 4, 100, Priority.KEPT)]


def test_a_market_order_trades_no_further_than_the_band() -> None:
    driver = banded()
    driver.new(1, SELL, 1, 105)
    driver.new(2, SELL, 1, 106)
    events = driver.new(3, BUY, 5)
    assert events[1:] == [("traded", 3, 1, 1, 105), ("cancelled", 3, 4, CancelReason.IMMEDIATE)]
    assert driver.new(4, BUY, 1, to_limit=True)[1] == ("cancelled", 4, 1, CancelReason.IMMEDIATE)


def test_a_new_band_cancels_what_is_outside_in_snapshot_order() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 3, 107)
    driver.new(2, BUY, 3, 108, hidden=True)
    driver.new(3, BUY, 3, 109, tif=AON)
    driver.new(4, BUY, 3, 105)
    driver.new(5, BUY, 3, trigger_ticks=200)
    driver.new(6, SELL, 3, 110)
    rows = driver.rows_of(driver.book.set_band(REJECT, 100, 5))
    cancelled = [("cancelled", order_id, 3, CancelReason.BAND) for order_id in (3, 2, 1)]
    assert rows == [("rule_set", 5, 0, 100), *cancelled]
    assert [order_id for order_id, *_ in driver.rows()] == [4, 6, 5]


def test_orders_that_a_new_band_cancels_can_make_an_aon_order_fillable() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 2, 110, participant=7)
    driver.new(2, BUY, 5, 105)
    driver.new(3, SELL, 5, 102, tif=AON, participant=7, self_trade=1)
    driver.new(4, SELL, 5, 111)
    assert len(driver.rows()) == 4
    rows = driver.rows_of(driver.book.set_band(REJECT, 100, 5))
    assert rows[1:] == [
        ("cancelled", 1, 2, CancelReason.BAND),
        ("triggered", 3, 5, 102),
        ("traded", 3, 2, 5, 105),
    ]


def test_a_triggered_stop_keeps_its_limit_inside_the_band() -> None:
    driver = banded()
    driver.book.set_steps(price_step_ticks=2)
    assert driver.new(1, BUY, 1, 120, trigger_ticks=100) == [("accepted", 1, 1, 120)]
    assert driver.new(2, SELL, 1, 80, trigger_ticks=100) == [("accepted", 2, 1, 80)]
    driver.new(3, SELL, 1, 100)
    triggered = [row for row in driver.new(4, BUY, 1, 100) if row[0] == "triggered"]
    assert triggered == [("triggered", 1, 1, 104), ("triggered", 2, 1, 96)]


def test_recorded_executions_are_not_checked() -> None:
    driver = banded()
    driver.new(1, BUY, 5, 90)
    assert driver.execute(1, 2) == [("traded", 0, 1, 2, 90)]


@pytest.mark.parametrize(
    ("reference", "inside"),
    [(MAX_PRICE, MAX_PRICE), (MIN_PRICE, MIN_PRICE + 5)],
)
def test_a_band_ends_at_the_range_of_prices(reference: int, inside: int) -> None:
    driver = banded(reference)
    assert driver.new(1, BUY, 1, inside) == [("accepted", 1, 1, inside)]
    assert (driver.new(2, BUY, 1, inside + 1) == OUTSIDE) if inside < MAX_PRICE else True


def test_a_band_without_a_reference_price_or_with_a_width_beyond_all_prices_is_rejected() -> None:
    bad = [("rejected", RejectCode.BAD_RULE)]
    driver = BookDriver()
    assert driver.rows_of(driver.book.set_band(REJECT, NO_PRICE, 1)) == bad
    assert driver.rows_of(driver.book.set_band(REJECT, 0, 2**63)) == bad
    assert len(driver.book.snapshot().rules) == 0


def test_a_band_survives_a_restore_and_is_taken_away_by_none() -> None:
    driver, book = banded(), ReferenceBook(2)
    book.restore(driver.book.snapshot())
    assert book.snapshot().rules.tolist() == [(0, 0, REJECT, 0, 5, 100, 0, 0)]
    driver.book.book = book
    assert driver.new(1, BUY, 1, 106) == OUTSIDE
    driver.book.set_band(BandMode.NONE)
    assert len(book.snapshot().rules) == 0
    assert driver.new(1, Side.BUY, 1, 106) == [("accepted", 1, 1, 106)]
