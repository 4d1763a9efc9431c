"""Pro-rata matching with priority for the top order (section 4.13 of the specification)."""

from __future__ import annotations

import pytest

from obengine.api.messages import Matching, SelfTrade
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import (
    AUCTION,
    BUY,
    FOK,
    OPEN,
    SELL,
    BookDriver,
    CancelReason,
    EventRow,
    RejectCode,
)


def shared(least_lots: int = 0, top_lots: int = 0, sizes: tuple[int, ...] = ()) -> BookDriver:
    """A book with pro-rata matching, and sells at 100 with ids from 1 on."""
    driver = BookDriver(symbols=2)
    driver.book.set_matching(Matching.PRO_RATA, least_lots=least_lots, top_lots=top_lots)
    for order_id, lots in enumerate(sizes, 1):
        driver.new(order_id, SELL, lots, 100)
    return driver


def fills(rows: list[EventRow]) -> list[tuple[int, int]]:
    """Maker and lots of each trade."""
    return [(row[2], row[3]) for row in rows if row[0] == "traded"]


def top_orders(driver: BookDriver) -> list[tuple[int, int]]:
    """Side and id of each top order."""
    rules = driver.book.snapshot().rules
    return [tuple(row) for row in rules[rules["rule"] == 129][["detail", "value"]].tolist()]


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        (50, [(1, 5), (2, 15), (3, 30)]),
        (7, [(1, 1), (2, 2), (3, 4)]),
        (1, [(1, 1)]),
        (2, [(1, 1), (3, 1)]),
        (99, [(1, 10), (2, 30), (3, 59)]),
        (100, [(1, 10), (2, 30), (3, 60)]),
        (101, [(1, 10), (2, 30), (3, 60)]),
    ],
)
def test_a_level_is_shared_by_size_rounded_down_and_the_rest_goes_by_time(
    lots: int, expected: list[tuple[int, int]]
) -> None:
    assert fills(shared(sizes=(10, 30, 60)).new(9, BUY, lots, 100)) == expected


def test_a_share_below_the_least_allocation_goes_by_time() -> None:
    assert fills(shared(3, sizes=(10, 20, 70)).new(9, BUY, 20, 100)) == [(1, 2), (2, 4), (3, 14)]


def test_the_top_order_trades_first_up_to_its_most_and_then_shares() -> None:
    assert fills(shared(3, 5, sizes=(10, 20, 70)).new(9, BUY, 20, 100)) == [(1, 6), (2, 3), (3, 11)]
    assert fills(shared(0, 50, sizes=(10, 20, 70)).new(9, BUY, 8, 100)) == [(1, 8)]


def test_the_top_order_is_the_one_that_betters_its_side_until_it_is_bettered_or_gone() -> None:
    driver = shared(top_lots=9)
    driver.new(1, BUY, 10, 99)
    driver.new(2, BUY, 10, 99)
    assert top_orders(driver) == [(BUY, 1)]
    driver.new(3, BUY, 1, 100, hidden=True)
    assert top_orders(driver) == [(BUY, 1)]
    driver.new(4, BUY, 10, 100)
    driver.new(5, SELL, 10, 103)
    assert top_orders(driver) == [(BUY, 4), (SELL, 5)]
    driver.cancel(4)
    assert top_orders(driver) == [(SELL, 5)]
    assert fills(driver.new(6, SELL, 3, 99)) == [(3, 1), (1, 1), (2, 1)]
    driver.modify(5, 5, 103)
    assert top_orders(driver) == [(SELL, 5)]
    driver.modify(5, 6, 103)
    assert top_orders(driver) == [(SELL, 5)]
    driver.new(7, SELL, 6, 103)
    driver.modify(5, 9, 103)
    assert top_orders(driver) == []


def test_a_refill_takes_the_status_of_the_top_order() -> None:
    driver = shared(top_lots=9)
    driver.new(1, SELL, 10, 100, display_lots=4)
    driver.new(2, SELL, 10, 100)
    assert fills(driver.new(9, BUY, 4, 100)) == [(1, 4)]
    assert top_orders(driver) == []


def test_orders_that_rest_in_an_auction_are_no_top_orders() -> None:
    driver = shared(top_lots=9)
    driver.state(AUCTION)
    driver.new(1, BUY, 10, 99)
    driver.state(OPEN)
    assert top_orders(driver) == []


def test_refilled_icebergs_share_once_more_with_all_their_lots() -> None:
    driver = shared()
    driver.new(1, SELL, 30, 100, display_lots=4)
    driver.new(2, SELL, 50, 100, display_lots=4)
    driver.new(3, SELL, 4, 100)
    rows = driver.new(9, BUY, 36, 100)
    assert fills(rows) == [(1, 4), (2, 4), (3, 4), (1, 9), (2, 15)]
    assert [row[:3] for row in rows if row[0] == "refilled"] == [
        ("refilled", 1, 4),
        ("refilled", 2, 4),
        ("refilled", 1, 4),
        ("refilled", 2, 4),
    ]


def test_levels_and_hidden_orders_go_by_price_and_time() -> None:
    driver = shared(sizes=(10, 10))
    driver.new(3, SELL, 5, 100, hidden=True)
    driver.new(4, SELL, 5, 100, hidden=True)
    driver.new(5, SELL, 8, 101)
    driver.new(6, SELL, 8, 101)
    assert fills(driver.new(9, BUY, 34, 101)) == [(1, 10), (2, 10), (3, 5), (4, 5), (5, 2), (6, 2)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SelfTrade.NEWEST, [("cancelled", 9, 8, CancelReason.SELF_TRADE)]),
        (
            SelfTrade.OLDEST,
            [
                ("cancelled", 2, 10, CancelReason.SELF_TRADE),
                ("traded", 9, 1, 4, 100),
                ("traded", 9, 3, 4, 100),
            ],
        ),
        (
            SelfTrade.DECREMENT,
            [("cancelled", 2, 8, CancelReason.SELF_TRADE), ("cancelled", 9, 8, CancelReason.SELF_TRADE)],
        ),
    ],
)
def test_self_trade_prevention_comes_before_all_shares_of_a_level(
    mode: SelfTrade, expected: list[EventRow]
) -> None:
    driver = shared(sizes=(10,))
    driver.new(2, SELL, 10, 100, participant=7)
    driver.new(3, SELL, 10, 100)
    assert driver.new(9, BUY, 8, 100, participant=7, self_trade=mode)[1:] == expected


def test_the_fill_check_ends_before_a_level_with_an_own_order() -> None:
    driver = shared(sizes=(10,))
    driver.new(2, SELL, 1, 100, participant=7)
    rows = driver.new(9, BUY, 5, 100, tif=FOK, participant=7, self_trade=SelfTrade.NEWEST)
    assert rows[1:] == [("cancelled", 9, 5, CancelReason.FILL_OR_KILL)]


def test_matching_by_time_is_back_with_the_next_rule_and_other_symbols_keep_it() -> None:
    driver = shared(sizes=(10, 30))
    driver.new(3, SELL, 10, 100, symbol=1)
    driver.new(4, SELL, 10, 100, symbol=1)
    assert fills(driver.new(9, BUY, 4, 100, symbol=1)) == [(3, 4)]
    driver.book.set_matching(Matching.TIME)
    assert len(driver.book.snapshot().rules) == 0
    assert fills(driver.new(9, BUY, 4, 100)) == [(1, 4)]


def test_a_negative_least_allocation_is_rejected() -> None:
    driver = BookDriver()
    events = driver.book.set_matching(Matching.PRO_RATA, least_lots=-1)
    assert driver.rows_of(events) == [("rejected", RejectCode.BAD_RULE)]


def test_parameters_and_top_orders_survive_a_restore() -> None:
    driver, book = shared(2, 5, sizes=(10, 30)), ReferenceBook(2)
    driver.new(3, SELL, 9, 99)
    driver.cancel(3)
    driver.new(4, BUY, 7, 90)
    book.restore(driver.book.snapshot())
    assert book.snapshot().rules.tolist() == driver.book.snapshot().rules.tolist()
    assert book.snapshot().rules["rule"].tolist() == [2, 129]
    expected = driver.new(9, BUY, 11, 100)
    driver.book.book = book
    assert driver.new(9, BUY, 11, 100) == expected
