"""Market-to-limit orders: a MARKET order that becomes a LIMIT at the best opposite price (section 4.2)."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, OrderKind, Side
from tests.unit.engine.book_driver import (
    AON,
    AUCTION,
    BUY,
    DAY,
    SELL,
    BookDriver,
    CancelReason,
    RejectCode,
    SelfTrade,
)


@pytest.mark.parametrize(("side", "far"), [(BUY, 103), (SELL, 97)])
def test_a_market_to_limit_order_takes_the_best_price_and_rests_there(side: Side, far: int) -> None:
    driver, other = BookDriver(), Side(1 - side)
    driver.new(1, other, 4, 100)
    driver.new(2, other, 4, far)
    assert driver.new(3, side, 10, to_limit=True) == [("accepted", 3, 10, 100), ("traded", 3, 1, 4, 100)]
    resting = driver.book.snapshot().orders
    assert {(o["order_id"], o["open_lots"], o["price_ticks"], o["flags"]) for o in resting} == {
        (3, 6, 100, 0),
        (2, 4, far, 0),
    }


def test_the_best_price_is_a_hidden_one_if_it_is_better_and_never_that_of_an_aon() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 4, 101)
    driver.new(2, SELL, 4, 100, hidden=True)
    driver.new(3, SELL, 50, 99, tif=AON)
    assert driver.new(4, BUY, 5, to_limit=True, tif=DAY)[:2] == [
        ("accepted", 4, 5, 100),
        ("traded", 4, 2, 4, 100),
    ]
    assert (4, 1, 1, 100) in driver.rows()


def test_without_an_opposite_price_within_its_limit_it_stays_a_market_order() -> None:
    driver = BookDriver()
    assert driver.new(1, BUY, 5, to_limit=True) == [
        ("accepted", 1, 5, NO_PRICE),
        ("cancelled", 1, 5, CancelReason.IMMEDIATE),
    ]
    driver.new(2, SELL, 4, 100)
    assert driver.new(1, BUY, 5, 99, kind=OrderKind.MARKET, to_limit=True) == [
        ("accepted", 1, 5, 99),
        ("cancelled", 1, 5, CancelReason.IMMEDIATE),
    ]


def test_self_trade_prevention_and_minimum_apply_at_its_limit() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 4, 100, participant=7)
    driver.new(2, SELL, 4, 101)
    expected = driver.new(3, BUY, 5, to_limit=True, participant=7, self_trade=SelfTrade.OLDEST)
    assert expected[1:] == [("cancelled", 1, 4, CancelReason.SELF_TRADE)]
    assert (3, 5, 5, 100) in driver.rows()
    assert driver.new(4, BUY, 9, to_limit=True, min_lots=5)[1:] == [("cancelled", 4, 9, CancelReason.MINIMUM)]


def test_it_is_not_accepted_in_an_auction() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    assert driver.new(1, BUY, 5, to_limit=True) == [("rejected", RejectCode.NOT_IN_AUCTION)]
