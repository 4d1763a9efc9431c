"""A resting AON order looks again when the book changes in its favour (section 4.9 of the specification)."""

from __future__ import annotations

import pytest

from obengine.api.messages import Side
from obengine.api.orders import mass_cancel
from tests.unit.engine.book_driver import (
    AON,
    AUCTION,
    BUY,
    GTD,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    EventRow,
    SelfTrade,
)


@pytest.mark.parametrize(("side", "limit"), [(BUY, 105), (SELL, 95)])
def test_a_resting_aon_looks_again_when_the_other_side_grows(side: Side, limit: int) -> None:
    driver, other = BookDriver(), Side(1 - side)
    driver.new(1, side, 10, limit, tif=AON)
    assert driver.new(2, other, 5, 100) == [("accepted", 2, 5, 100)]
    assert driver.new(3, other, 5, 100) == [
        ("accepted", 3, 5, 100),
        ("triggered", 1, 10, limit),
        ("traded", 1, 2, 5, 100),
        ("traded", 1, 3, 5, 100),
    ]
    assert driver.rows() == []


def waiting_pair() -> BookDriver:
    """A resting AON buy of 10 that 9 lots cannot fill."""
    driver = BookDriver()
    driver.new(1, BUY, 10, 105, tif=AON)
    driver.new(2, SELL, 9, 100)
    return driver


FILLED: list[EventRow] = [("triggered", 1, 9, 105), ("traded", 1, 2, 9, 100)]


def test_an_aon_that_becomes_smaller_looks_again() -> None:
    assert waiting_pair().cancel(1, 1)[1:] == FILLED
    assert waiting_pair().modify(1, 9, 105)[1:] == FILLED
    assert waiting_pair().execute(1, 1)[1:] == FILLED


def test_an_aon_looks_again_when_an_order_before_one_that_it_covers_goes() -> None:
    driver = BookDriver()
    driver.new(2, SELL, 8, 100)
    driver.new(3, SELL, 6, 101, tif=AON)
    driver.new(4, SELL, 4, 101, tif=AON)
    driver.new(1, BUY, 10, 101, tif=AON)
    assert len(driver.rows()) == 4
    assert driver.cancel(2)[1:] == [
        ("triggered", 1, 10, 101),
        ("traded", 1, 3, 6, 101),
        ("traded", 1, 4, 4, 101),
    ]


def test_an_aon_looks_again_when_an_aon_of_the_other_side_comes() -> None:
    driver = BookDriver()
    driver.new(2, SELL, 8, 100)
    driver.new(3, SELL, 10, 101, tif=AON)
    assert driver.new(1, BUY, 10, 101, tif=AON) == [
        ("accepted", 1, 10, 101),
        ("triggered", 3, 10, 101),
        ("traded", 3, 1, 10, 101),
    ]
    assert driver.rows() == [(2, 8, 8, 100)]


def test_an_aon_looks_again_when_its_owner_is_no_longer_in_its_way() -> None:
    driver = BookDriver()
    driver.new(2, SELL, 1, 100, participant=7)
    driver.new(3, SELL, 10, 100)
    driver.new(1, BUY, 10, 105, tif=AON, participant=7, self_trade=SelfTrade.NEWEST)
    assert driver.cancel(2)[1:] == [("triggered", 1, 10, 105), ("traded", 1, 3, 10, 100)]


def test_the_first_aon_in_snapshot_order_looks_first_and_each_takes_what_the_one_before_left() -> None:
    driver = BookDriver()
    for order_id, lots, price in ((1, 4, 104), (2, 4, 105), (3, 4, 105)):
        driver.new(order_id, BUY, lots, price, tif=AON)
    driver.new(4, SELL, 3, 100)
    assert driver.new(5, SELL, 6, 101)[1:] == [
        ("traded", 5, 2, 4, 105),
        ("triggered", 3, 4, 105),
        ("traded", 3, 4, 3, 100),
        ("traded", 3, 5, 1, 101),
    ]
    assert driver.rows() == [(1, 4, 0, 104), (5, 1, 1, 101)]


def test_an_aon_looks_before_stops_that_the_same_trade_elects() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 10, 105, tif=AON)
    driver.new(2, SELL, 8, 100)
    driver.new(3, BUY, 1, 99)
    driver.new(4, SELL, 5, trigger_ticks=99)
    assert driver.new(5, SELL, 3, 99) == [
        ("accepted", 5, 3, 99),
        ("traded", 5, 3, 1, 99),
        ("triggered", 1, 10, 105),
        ("traded", 1, 5, 2, 99),
        ("traded", 1, 2, 8, 100),
        ("triggered", 4, 5, -(2**63)),
        ("cancelled", 4, 5, CancelReason.IMMEDIATE),
    ]


def test_an_aon_looks_again_when_the_book_opens_and_not_before() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 10, 105, tif=AON)
    driver.state(AUCTION)
    assert driver.new(2, SELL, 10, 100) == [("accepted", 2, 10, 100)]
    assert driver.state(OPEN)[1:] == [("triggered", 1, 10, 105), ("traded", 1, 2, 10, 100)]


def test_an_aon_looks_again_after_a_mass_cancel_and_after_an_expiry() -> None:
    for expires in (False, True):
        driver = BookDriver()
        more = {"tif": GTD, "expiry_ns": 5} if expires else {}
        driver.new(2, SELL, 8, 100, participant=7, **more)
        driver.new(3, SELL, 6, 101, tif=AON)
        driver.new(4, SELL, 4, 101, tif=AON)
        driver.new(1, BUY, 10, 101, tif=AON)
        events = driver.clock(5) if expires else driver.rows_of(driver.book.apply(mass_cancel(participant=7)))
        assert events[-2:] == [("traded", 1, 3, 6, 101), ("traded", 1, 4, 4, 101)]
        assert driver.rows() == []
