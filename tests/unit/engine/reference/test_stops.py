"""Stops: when they are triggered, in which order, and what they become."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, Side
from tests.unit.engine.book_driver import (
    AUCTION,
    BUY,
    FOK,
    HALT,
    IOC,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    Priority,
    RejectCode,
)


def traded_at(price: int, symbols: int = 1) -> BookDriver:
    """A book whose last price is known, and empty."""
    driver = BookDriver(symbols)
    driver.new(900, SELL, 1, price)
    driver.new(901, BUY, 1, price)
    return driver


def trade(driver: BookDriver, price: int) -> list[tuple[object, ...]]:
    """One trade at a price; what follows it."""
    driver.new(902, SELL, 1, price)
    return driver.new(903, BUY, 1, price)[2:]


@pytest.mark.parametrize(("side", "short_of_it", "reaching"), [(BUY, 104, 105), (SELL, 96, 95)])
def test_a_stop_waits_for_a_trade_that_reaches_its_trigger(
    side: Side, short_of_it: int, reaching: int
) -> None:
    driver = traded_at(100)
    assert driver.new(1, side, 5, trigger_ticks=reaching) == [("accepted", 1, 5, NO_PRICE)]
    assert trade(driver, short_of_it) == []
    assert trade(driver, reaching) == [
        ("triggered", 1, 5, NO_PRICE),
        ("cancelled", 1, 5, CancelReason.IMMEDIATE),
    ]


def test_a_stop_that_is_reached_on_arrival_is_triggered_at_once() -> None:
    driver = traded_at(100)
    driver.new(2, SELL, 3, 101)
    assert driver.new(1, BUY, 5, 101, trigger_ticks=100) == [
        ("accepted", 1, 5, 101),
        ("triggered", 1, 5, 101),
        ("traded", 1, 2, 3, 101),
    ]
    assert driver.rows() == [(1, 2, 2, 101)]


def test_without_a_last_price_a_stop_waits() -> None:
    driver = BookDriver()
    assert driver.new(1, BUY, 5, trigger_ticks=-(2**60)) == [("accepted", 1, 5, NO_PRICE)]


@pytest.mark.parametrize(("tif", "reason"), [(IOC, CancelReason.IMMEDIATE), (FOK, CancelReason.FILL_OR_KILL)])
def test_the_time_in_force_of_a_stop_applies_when_it_is_triggered(tif: int, reason: CancelReason) -> None:
    driver = traded_at(100)
    driver.new(1, BUY, 5, 110, trigger_ticks=105, tif=tif)
    assert trade(driver, 105)[-1] == ("cancelled", 1, 5, reason)


def test_elected_stops_go_buys_first_then_by_trigger_then_by_arrival() -> None:
    driver = traded_at(100)
    driver.state(HALT)
    driver.state(AUCTION)
    for order_id, side, trigger in (
        (1, SELL, 120),
        (2, BUY, 103),
        (3, SELL, 130),
        (4, BUY, 101),
        (5, BUY, 103),
    ):
        driver.new(order_id, side, 1, trigger_ticks=trigger)
    driver.new(8, SELL, 1, 110)
    driver.execute(8, 1)
    expected = driver.state(OPEN)
    assert [t[1] for t in expected if t[0] == "triggered"] == [4, 2, 5, 3, 1]


def test_a_cascade_goes_on_until_nothing_is_elected() -> None:
    driver = traded_at(100)
    for step in range(1, 200):
        driver.new(step, BUY, 1, trigger_ticks=100 + step)
        driver.new(1000 + step, SELL, 1, 101 + step)
    expected = trade(driver, 101)
    assert [t[1] for t in expected if t[0] == "triggered"] == list(range(1, 200))
    assert driver.rows() == []


def test_the_first_and_last_price_of_a_sweep_elect_stops() -> None:
    driver = traded_at(100)
    driver.new(1, SELL, 1, 50, trail_ticks=5)
    driver.new(2, SELL, 1, 101)
    driver.new(3, SELL, 1, 120)
    expected = driver.new(4, BUY, 2, 120)
    assert [t[0] for t in expected] == ["accepted", "traded", "traded"]
    (waiting,) = driver.book.snapshot().orders
    assert waiting["trigger_ticks"] == 115


@pytest.mark.parametrize(("side", "away", "back"), [(BUY, 90, 95), (SELL, 110, 105)])
def test_a_trailing_stop_follows_the_market_one_way(side: Side, away: int, back: int) -> None:
    driver = traded_at(100)
    driver.new(1, side, 1, trail_ticks=5)
    assert trade(driver, away) == []
    assert trade(driver, (away + back) // 2) == []
    assert trade(driver, back)[0] == ("triggered", 1, 1, NO_PRICE)


def test_a_trailing_stop_limit_has_its_limit_at_an_offset_from_the_trigger() -> None:
    driver = traded_at(100)
    assert driver.new(1, SELL, 1, -2, trail_ticks=5) == [("accepted", 1, 1, -2)]
    assert trade(driver, 95) == [("triggered", 1, 1, 93)]
    assert driver.rows() == [(1, 1, 1, 93)]


def test_a_trailing_stop_without_a_reference_takes_the_first_trade() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, trail_ticks=5)
    assert driver.book.snapshot().orders["trigger_ticks"].tolist() == [NO_PRICE]
    assert trade(driver, 100) == []
    assert driver.book.snapshot().orders["trigger_ticks"].tolist() == [95]


@pytest.mark.parametrize(
    ("side", "last", "trigger"), [(BUY, 2**63 - 3, 2**63 - 1), (SELL, 3 - 2**63, 1 - 2**63)]
)
def test_a_trigger_is_saturated_at_the_ends_of_the_prices(side: Side, last: int, trigger: int) -> None:
    driver = traded_at(last)
    driver.new(1, side, 1, trail_ticks=2**62)
    assert driver.book.snapshot().orders["trigger_ticks"].tolist() == [trigger]


def test_a_waiting_stop_is_modified_in_place_and_cancelled_like_any_order() -> None:
    driver = traded_at(100)
    driver.new(1, BUY, 5, trigger_ticks=105)
    driver.new(2, BUY, 5, 106, trigger_ticks=105)
    driver.new(3, SELL, 5, -1, trail_ticks=50)
    assert driver.modify(1, 9, 77) == [("modified", 1, 9, NO_PRICE, Priority.KEPT)]
    assert driver.modify(2, 9, 77) == [("modified", 2, 9, 77, Priority.KEPT)]
    assert driver.modify(3, 9, -7) == [("modified", 3, 9, -7, Priority.KEPT)]
    assert driver.new(1, BUY, 1, 1) == [("rejected", RejectCode.DUPLICATE_ID)]
    assert driver.execute(1, 1) == [("rejected", RejectCode.UNKNOWN_ORDER)]
    assert driver.cancel(1, 4) == [("cancelled", 1, 4, CancelReason.REQUESTED)]
    assert driver.cancel(1) == [("cancelled", 1, 5, CancelReason.REQUESTED)]
    assert [row[0] for row in driver.rows()] == [2, 3]


def test_an_execution_triggers_stops() -> None:
    driver = traded_at(100)
    driver.new(1, BUY, 1, trigger_ticks=105)
    driver.new(2, SELL, 5, 105)
    assert driver.execute(2, 1)[1:] == [("triggered", 1, 1, NO_PRICE), ("traded", 1, 2, 1, 105)]


def test_nothing_is_triggered_in_a_halt_and_the_last_price_counts_on_opening() -> None:
    driver = traded_at(100)
    driver.new(1, BUY, 1, trigger_ticks=105)
    driver.new(4, BUY, 1, trigger_ticks=104)
    driver.new(2, SELL, 5, 105)
    driver.new(3, SELL, 5, 104)
    driver.state(HALT)
    assert driver.execute(2, 1) == [("traded", 0, 2, 1, 105)]
    assert driver.execute(3, 1) == [("traded", 0, 3, 1, 104)]
    assert [t[1] for t in driver.state(OPEN) if t[0] == "triggered"] == [4]


def test_a_triggered_stop_limit_is_an_order_like_any_other() -> None:
    driver = traded_at(100)
    driver.new(1, BUY, 9, 90, trigger_ticks=105, display_lots=2)
    trade(driver, 105)
    assert driver.rows() == [(1, 9, 2, 90)]
    assert driver.modify(1, 3, 90) == [("modified", 1, 3, 90, Priority.KEPT)]
    assert driver.book.snapshot().orders["kind"].tolist() == [0]
