"""Orders for one auction: market- and limit-on-open, market- and limit-on-close (section 6.1)."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, BandMode, OrderKind, Queue, Side, TimeInForce
from obengine.api.protocol import Indication
from tests.unit.engine.book_driver import (
    AUCTION,
    BUY,
    HALT,
    ON_CLOSE,
    ON_OPEN,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    Priority,
    RejectCode,
)

OVER = CancelReason.AUCTION


@pytest.mark.parametrize(("tif", "closing"), [(ON_OPEN, False), (ON_CLOSE, True)])
def test_an_order_for_an_auction_waits_for_it_and_what_is_left_is_cancelled_after_it(
    tif: TimeInForce, closing: bool
) -> None:
    driver = BookDriver()
    driver.new(1, SELL, 4, 100)
    assert driver.new(2, BUY, 5, tif=tif) == [("accepted", 2, 5, NO_PRICE)]
    assert driver.new(3, BUY, 5, 100, tif=tif) == [("accepted", 3, 5, 100)]
    assert driver.book.bids() == ()
    driver.state(AUCTION, closing=not closing)
    assert driver.state(OPEN) == [("state", OPEN, NO_PRICE)]
    driver.state(AUCTION, closing=closing)
    assert driver.new(4, SELL, 4, 101, tif=tif) == [("accepted", 4, 4, 101)]
    assert driver.state(OPEN)[1:] == [
        ("auction", 5, 101),
        ("traded", 2, 1, 4, 101),
        ("traded", 2, 4, 1, 101),
        ("cancelled", 3, 5, OVER),
        ("cancelled", 4, 3, OVER),
    ]
    assert driver.rows() == []


def test_market_orders_trade_first_then_the_best_limit_then_the_continuous_book() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 2, 101, tif=ON_OPEN)
    driver.new(2, BUY, 2, tif=ON_OPEN)
    driver.state(AUCTION)
    driver.new(3, BUY, 2, 101, hidden=True)
    driver.new(4, BUY, 2, 101)
    driver.new(5, BUY, 2, 102)
    driver.new(6, BUY, 2, tif=ON_OPEN)
    driver.new(7, SELL, 11, 101)
    assert [(row[0], row[1]) for row in driver.state(OPEN)[2:]] == [
        ("traded", 2),
        ("traded", 6),
        ("traded", 5),
        ("traded", 4),
        ("traded", 3),
        ("traded", 1),
        ("cancelled", 1),
    ]


def test_market_orders_alone_trade_at_the_reference_price_or_not_at_all() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 5, tif=ON_OPEN)
    driver.new(2, SELL, 4, tif=ON_OPEN)
    assert driver.book.indication() is None
    assert driver.book.indication(reference_ticks=107) == Indication(107, 4, 1)
    halted = driver.state(HALT)
    assert halted == [("state", HALT, NO_PRICE)]
    driver.state(AUCTION)
    assert driver.state(OPEN) == [
        ("state", OPEN, NO_PRICE),
        ("cancelled", 1, 5, OVER),
        ("cancelled", 2, 4, OVER),
    ]


def test_with_market_orders_on_both_sides_the_reference_price_is_tried_as_well() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 1, 1)
    driver.new(2, SELL, 2, 1_000_000)
    driver.new(3, BUY, 10, tif=ON_OPEN)
    driver.new(4, SELL, 10, tif=ON_OPEN)
    assert driver.book.indication(reference_ticks=500) == Indication(500, 10, 0)
    assert driver.book.indication() == Indication(1, 10, 1)


def test_a_closing_auction_can_end_in_a_halt_without_a_moment_of_trading() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 5, 100)
    driver.execute(1, 1)
    driver.new(2, SELL, 3, trigger_ticks=99)
    driver.new(3, SELL, 6, tif=ON_CLOSE)
    driver.state(AUCTION, closing=True)
    driver.new(4, BUY, 2, 98)
    assert driver.state(HALT, uncross=True) == [
        ("state", HALT, 100),
        ("auction", 6, 98),
        ("traded", 1, 3, 4, 98),
        ("traded", 4, 3, 2, 98),
    ]
    assert driver.rows() == [(2, 3, 0, NO_PRICE)]
    assert driver.state(OPEN) == [
        ("state", OPEN, 98),
        ("triggered", 2, 3, NO_PRICE),
        ("cancelled", 2, 3, CancelReason.IMMEDIATE),
    ]


def test_a_halted_auction_did_not_take_place() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 5, 100, tif=ON_OPEN)
    driver.state(HALT)
    assert driver.new(2, BUY, 5, tif=ON_OPEN) == [("rejected", RejectCode.HALTED)]
    driver.state(OPEN)
    assert driver.rows() == [(1, 5, 0, 100)]
    assert driver.cancel(1, 2) == [("cancelled", 1, 2, CancelReason.REQUESTED)]


def test_an_auction_trades_inside_the_price_band_also_its_market_orders() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 5, 120, tif=ON_OPEN)
    driver.state(AUCTION)
    assert BookDriver.rows_of(driver.book.set_band(BandMode.REJECT, 100, 10))[1:] == [
        ("cancelled", 1, 5, CancelReason.BAND)
    ]
    assert driver.new(1, BUY, 5, 111, tif=ON_OPEN) == [("rejected", RejectCode.OUTSIDE_BAND)]
    driver.new(2, BUY, 5, tif=ON_OPEN)
    driver.new(3, SELL, 5, 111)
    assert driver.book.indication() is None
    driver.new(4, SELL, 3, tif=ON_OPEN)
    assert driver.book.indication(reference_ticks=500) == Indication(110, 3, 2)
    assert driver.book.indication(reference_ticks=5) == Indication(90, 3, 2)


def test_orders_for_an_auction_are_modified_in_place_or_wait_as_the_newest() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 5, 100, tif=ON_CLOSE)
    driver.new(2, BUY, 5, tif=ON_CLOSE)
    driver.new(3, BUY, 5, 90, kind=OrderKind.MARKET, tif=ON_CLOSE)
    assert driver.modify(1, 4, 100) == [("modified", 1, 4, 100, Priority.KEPT)]
    assert driver.modify(1, 4, 101) == [("modified", 1, 4, 101, Priority.LOST)]
    assert driver.modify(2, 5, 77) == [("modified", 2, 5, NO_PRICE, Priority.KEPT)]
    assert driver.modify(2, 6, 77) == [("modified", 2, 6, NO_PRICE, Priority.LOST)]
    assert driver.modify(2, 6, 77, trigger_ticks=5) == [("rejected", RejectCode.BAD_TRIGGER)]
    assert driver.execute(1, 1) == [("rejected", RejectCode.UNKNOWN_ORDER)]
    driver.state(HALT)
    assert driver.modify(1, 5, 101) == [("rejected", RejectCode.HALTED)]
    assert driver.modify(1, 1, 101) == [("modified", 1, 1, 101, Priority.KEPT)]
    driver.book.set_steps(price_step_ticks=7)
    assert driver.modify(1, 1, 100) == [("rejected", RejectCode.OFF_STEP_PRICE)]
    assert driver.rows() == [(3, 5, 0, 90), (1, 1, 0, 101), (2, 6, 0, NO_PRICE)]
    kinds = {o["order_id"]: (o["kind"], o["queue"]) for o in driver.book.snapshot().orders}
    market, limit = OrderKind.MARKET, OrderKind.LIMIT
    assert kinds == {3: (limit, Queue.ON_CLOSE), 1: (limit, Queue.ON_CLOSE), 2: (market, Queue.ON_CLOSE)}


@pytest.mark.parametrize("side", Side)
def test_the_end_of_the_day_cancels_orders_whose_auction_did_not_come(side: Side) -> None:
    driver = BookDriver()
    driver.new(1, side, 5, tif=ON_OPEN)
    driver.new(2, side, 5, 100, tif=ON_CLOSE)
    driver.clock(5)
    assert len(driver.rows()) == 2
    assert driver.clock(6, end_of_day=True)[:2] == [
        ("cancelled", 1, 5, CancelReason.EXPIRED),
        ("cancelled", 2, 5, CancelReason.EXPIRED),
    ]


def test_imbalance_only_orders_trade_with_the_surplus_and_never_move_the_price() -> None:
    driver = BookDriver()
    driver.state(AUCTION, closing=True)
    driver.new(1, BUY, 10, tif=ON_CLOSE)
    driver.new(2, BUY, 3, 101)
    driver.new(3, SELL, 4, 100)
    alone = driver.book.indication()
    assert alone == Indication(101, 4, 9)
    for order_id, lots, limit in ((4, 5, 101), (5, 3, 99), (6, 9, 102), (7, 5, 101)):
        driver.new(order_id, SELL, lots, limit, tif=ON_CLOSE, imbalance_only=True)
    driver.new(8, BUY, 5, 200, tif=ON_CLOSE, imbalance_only=True)
    assert driver.book.indication() == Indication(101, 13, 0)
    assert driver.state(OPEN)[1:] == [
        ("auction", 13, 101),
        ("traded", 1, 3, 4, 101),
        ("traded", 1, 5, 3, 101),
        ("traded", 1, 4, 3, 101),
        ("traded", 2, 4, 2, 101),
        ("traded", 2, 7, 1, 101),
        ("cancelled", 8, 5, OVER),
        ("cancelled", 6, 9, OVER),
        ("cancelled", 7, 4, OVER),
    ]


def test_imbalance_only_orders_do_not_trade_without_an_auction_price_or_with_each_other() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 5, 105, tif=ON_OPEN, imbalance_only=True)
    driver.new(2, SELL, 5, 95, tif=ON_OPEN, imbalance_only=True)
    assert driver.book.indication(reference_ticks=100) is None
    driver.new(3, BUY, 4, tif=ON_OPEN)
    assert driver.book.indication(reference_ticks=100) is None
    driver.new(4, SELL, 4, tif=ON_OPEN)
    assert driver.book.indication(reference_ticks=100) == Indication(100, 4, 0)
    assert [row[0] for row in driver.state(OPEN, reference_ticks=100)[2:]] == ["traded", *["cancelled"] * 2]


def test_the_placement_of_an_imbalance_only_order_has_its_own_bit() -> None:
    driver = BookDriver()
    accepted = driver.book.submit(1, BUY, 5, 105, tif=ON_CLOSE, imbalance_only=True)
    assert accepted[0].other_id == Queue.ON_CLOSE | 256
