"""Halts, auctions, the clock and mass cancels: a small scene a rule."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, Side
from obengine.reference.auction import choose_auction_price
from tests.unit.engine.book_driver import (
    AON,
    AUCTION,
    BUY,
    DAY,
    GTD,
    HALT,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    Priority,
    RejectCode,
)


def test_a_halt_rejects_new_orders_but_allows_cancels() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 5, 100)
    assert driver.state(HALT) == [("state", HALT, NO_PRICE)]
    assert driver.new(2, BUY, 5, 100) == [("rejected", RejectCode.HALTED)]
    assert driver.modify(1, 6, 100) == [("rejected", RejectCode.HALTED)]
    assert driver.modify(1, 4, 100) == [("modified", 1, 4, 100, Priority.KEPT)]
    assert driver.execute(1, 1) == [("traded", 0, 1, 1, 100)]
    assert driver.cancel(1, 1) == [("cancelled", 1, 1, CancelReason.REQUESTED)]
    assert driver.state(HALT, reference_ticks=7) == [("state", HALT, 7)]
    assert driver.state(OPEN) == [("state", OPEN, 100)]


def test_orders_rest_without_matching_in_an_auction_and_cross_at_one_price() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 5, 103)
    driver.new(2, BUY, 5, 101, hidden=True)
    driver.new(3, SELL, 4, 99)
    driver.new(4, SELL, 3, 101)
    driver.new(5, BUY, 9, 200, tif=AON)
    driver.new(6, BUY, 1, 90)
    assert driver.modify(6, 2, 101) == [("modified", 6, 2, 101, Priority.LOST)]
    assert driver.state(OPEN) == [
        ("state", OPEN, NO_PRICE),
        ("auction", 7, 101),
        ("traded", 1, 3, 4, 101),
        ("traded", 1, 4, 1, 101),
        ("traded", 6, 4, 2, 101),
    ]
    assert driver.rows() == [(2, 5, 0, 101)]


def test_an_iceberg_crosses_with_all_its_lots_and_is_refilled_after_the_trades() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 9, 100, display_lots=2)
    driver.new(2, BUY, 1, 100)
    driver.new(3, SELL, 3, 100)
    driver.new(4, SELL, 2, 100)
    assert driver.state(OPEN)[2:] == [
        ("traded", 1, 3, 3, 100),
        ("traded", 1, 4, 2, 100),
        ("refilled", 1, 2, 100),
    ]
    assert driver.rows() == [(2, 1, 1, 100), (1, 4, 2, 100)]


def test_a_book_that_does_not_cross_opens_without_an_auction_price() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 9, 100)
    driver.new(2, SELL, 9, 101)
    assert driver.state(OPEN) == [("state", OPEN, NO_PRICE)]


def test_a_crossed_book_that_is_halted_crosses_when_it_opens() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 9, 101)
    driver.new(2, SELL, 9, 100)
    assert driver.state(HALT) == [("state", HALT, NO_PRICE)]
    assert driver.state(OPEN, reference_ticks=500)[1:] == [("auction", 9, 101), ("traded", 1, 2, 9, 101)]


def test_the_auction_price_triggers_stops_after_the_uncross() -> None:
    driver = BookDriver()
    driver.state(AUCTION)
    driver.new(1, BUY, 9, 101)
    driver.new(2, SELL, 9, 101)
    driver.new(3, BUY, 9, trigger_ticks=101)
    expected = driver.state(OPEN)
    assert [t[0] for t in expected] == ["state", "auction", "traded", "triggered", "cancelled"]


Orders = list[tuple[int, int]]
AUCTIONS: list[tuple[str, Orders, Orders, int, tuple[int, int, int]]] = [
    ("the greatest volume", [(103, 5), (101, 5)], [(99, 4), (101, 6)], NO_PRICE, (101, 10, 0)),
    ("the least surplus", [(105, 10)], [(100, 10), (104, 3)], NO_PRICE, (100, 10, 0)),
    ("buys are left: the highest", [(105, 10)], [(100, 4)], 100, (105, 4, 6)),
    ("sells are left: the lowest", [(105, 4)], [(100, 10)], 105, (100, 4, -6)),
    ("nothing is left, no reference: the lowest", [(105, 4)], [(100, 4)], NO_PRICE, (100, 4, 0)),
    ("nothing is left: the reference itself", [(105, 4)], [(100, 4)], 104, (104, 4, 0)),
    ("the reference is above the range", [(105, 4)], [(100, 4)], 106, (105, 4, 0)),
    ("the middle of the range", [(106, 4)], [(100, 4)], 103, (103, 4, 0)),
    ("surplus on both sides: nearest", [(106, 4), (100, 2)], [(100, 4), (106, 2)], 90, (100, 4, 2)),
    ("surplus on both sides: inside", [(106, 4), (100, 2)], [(100, 4), (106, 2)], 103, (103, 4, 0)),
]


@pytest.mark.parametrize(("buys", "sells", "reference", "best"), [case[1:] for case in AUCTIONS])
def test_the_auction_price(buys: Orders, sells: Orders, reference: int, best: tuple[int, int, int]) -> None:
    assert choose_auction_price(buys, sells, reference) == best


def test_the_clock_expires_gtd_orders_by_time_and_day_orders_at_the_end_of_day() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 1, 100, tif=GTD, expiry_ns=20)
    driver.new(2, BUY, 2, 99, tif=GTD, expiry_ns=10)
    driver.new(3, BUY, 3, trigger_ticks=200, tif=DAY)
    driver.new(4, SELL, 4, 105, tif=DAY)
    driver.new(5, SELL, 5, 106)
    assert driver.clock(9) == [("clock_set", 9, 0, 0)]
    gone = CancelReason.EXPIRED
    assert driver.clock(20) == [("cancelled", 2, 2, gone), ("cancelled", 1, 1, gone), ("clock_set", 20, 2, 0)]
    assert driver.clock(19) == [("rejected", RejectCode.BAD_TIME)]
    assert driver.clock(20, end_of_day=True) == [
        ("cancelled", 4, 4, gone),
        ("cancelled", 3, 3, gone),
        ("clock_set", 20, 2, 0),
    ]
    assert driver.book.book.clock_ns == 20


@pytest.mark.parametrize(
    ("participant", "side", "symbol", "ids"),
    [
        (0, None, None, [1, 2, 3, 4, 5]),
        (7, None, None, [1, 4, 5]),
        (0, Side.BUY, 0, [1, 2, 4]),
        (7, Side.SELL, None, [5]),
        (0, None, 1, [5]),
        (9, None, None, []),
    ],
)
def test_a_mass_cancel_takes_what_it_names_in_snapshot_order(
    participant: int, side: Side | None, symbol: int | None, ids: list[int]
) -> None:
    driver = BookDriver(symbols=2)
    driver.new(4, BUY, 1, 100, trigger_ticks=200, participant=7)
    driver.new(3, SELL, 1, 105, participant=8)
    driver.new(2, BUY, 1, 99, participant=8)
    driver.new(1, BUY, 1, 100, participant=7)
    driver.new(5, SELL, 1, 100, participant=7, symbol=1)
    expected = driver.rows_of(driver.book.mass_cancel(participant=participant, side=side, symbol=symbol))
    order = [order_id for order_id in (1, 2, 3, 4, 5) if order_id in ids]
    assert expected[:-1] == [("cancelled", order_id, 1, CancelReason.MASS) for order_id in order]
    assert expected[-1] == ("mass_cancelled", participant, len(ids), 0)
