"""Icebergs, hidden orders, minimum quantities, post-only orders and self-trades: a small scene a rule."""

from __future__ import annotations

import pytest

from obengine.api.messages import MAX_QTY, NO_PRICE
from obengine.api.protocol import Level
from tests.unit.engine.book_driver import (
    AON,
    BUY,
    DAY,
    FOK,
    IOC,
    SELL,
    BookDriver,
    CancelReason,
    EventRow,
    Priority,
    RejectCode,
    SelfTrade,
)


def test_an_iceberg_shows_its_peak_and_is_refilled_behind_the_others() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, display_lots=3)
    driver.new(2, SELL, 5, 100)
    assert driver.book.asks() == (Level(100, 8, 2),)
    assert driver.new(3, BUY, 4, 100)[1:] == [
        ("traded", 3, 1, 3, 100),
        ("refilled", 1, 3, 100),
        ("traded", 3, 2, 1, 100),
    ]
    assert driver.rows() == [(2, 4, 4, 100), (1, 7, 3, 100)]


def test_a_taker_trades_with_an_iceberg_at_most_twice() -> None:
    driver = BookDriver()
    driver.new(1, SELL, MAX_QTY, 100, display_lots=1)
    assert driver.new(2, BUY, MAX_QTY - 1, 100)[1:] == [
        ("traded", 2, 1, 1, 100),
        ("refilled", 1, 1, 100),
        ("traded", 2, 1, MAX_QTY - 2, 100),
        ("refilled", 1, 1, 100),
    ]
    assert driver.rows() == [(1, 1, 1, 100)]


def test_a_second_trade_within_the_shown_lots_refills_nothing() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, display_lots=3)
    assert driver.new(2, BUY, 5, 100)[1:] == [
        ("traded", 2, 1, 3, 100),
        ("refilled", 1, 3, 100),
        ("traded", 2, 1, 2, 100),
    ]
    assert driver.rows() == [(1, 5, 1, 100)]


def test_the_last_refill_shows_what_is_left() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 5, 100, display_lots=3)
    assert driver.new(2, BUY, 3, 100)[-1] == ("refilled", 1, 2, 100)


@pytest.mark.parametrize(("lots", "row"), [(4, (1, 6, 3, 100)), (8, (1, 2, 2, 100))])
def test_cancelled_and_modified_away_lots_come_from_the_reserve_first(lots: int, row: EventRow) -> None:
    for by_modify in (False, True):
        driver = BookDriver()
        driver.new(1, SELL, 10, 100, display_lots=3)
        driver.new(2, SELL, 1, 100)
        if by_modify:
            driver.modify(1, 10 - lots, 100)
        else:
            driver.cancel(1, lots)
        assert driver.rows()[0] == row


@pytest.mark.parametrize(
    ("lots", "rows"),
    [
        (2, [(1, 8, 1, 100), (2, 1, 1, 100)]),
        (3, [(2, 1, 1, 100), (1, 7, 3, 100)]),
        (9, [(2, 1, 1, 100), (1, 1, 1, 100)]),
        (10, [(2, 1, 1, 100)]),
    ],
)
def test_an_execution_takes_shown_lots_then_the_reserve_and_refills_once(
    lots: int, rows: list[EventRow]
) -> None:
    driver = BookDriver()
    driver.new(1, SELL, 10, 100, display_lots=3)
    driver.new(2, SELL, 1, 100)
    expected = driver.execute(1, lots)
    assert expected[0] == ("traded", 0, 1, lots, 100)
    assert [t[0] for t in expected[1:]] == ["refilled"] * (3 <= lots < 10)
    assert driver.rows() == rows


def test_hidden_orders_trade_after_displayed_ones_of_their_price_and_are_not_in_depth() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 2, 100, hidden=True)
    driver.new(2, SELL, 2, 100, display_lots=1)
    driver.new(3, SELL, 2, 101)
    assert driver.book.asks() == (Level(100, 1, 1), Level(101, 2, 1))
    trades = [expected[2:4] for expected in driver.new(4, BUY, 6, 101) if expected[0] == "traded"]
    assert trades == [(2, 1), (2, 1), (1, 2), (3, 2)]


def test_a_hidden_order_trades_but_is_not_in_depth() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 2, 100, hidden=True)
    assert driver.book.touch() == (None, None)
    assert driver.new(2, BUY, 1, 100, tif=IOC)[1:] == [("traded", 2, 1, 1, 100)]


def test_aon_trades_whole_on_arrival_or_rests_without_touching_the_book() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 5, 100)
    assert driver.new(2, BUY, 6, 100, tif=AON) == [("accepted", 2, 6, 100)]
    assert driver.book.bids() == ()
    assert driver.new(3, BUY, 5, 100, tif=AON)[1:] == [("traded", 3, 1, 5, 100)]


def test_a_resting_aon_trades_only_with_an_order_that_covers_it_and_is_passed_over_otherwise() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 5, 100, tif=AON)
    driver.new(2, SELL, 3, 100, tif=AON)
    driver.new(3, SELL, 2, 101)
    assert driver.new(4, BUY, 4, 101)[1:] == [("traded", 4, 2, 3, 100), ("traded", 4, 3, 1, 101)]
    assert driver.new(5, BUY, 5, 100)[1:] == [("traded", 5, 1, 5, 100)]


def test_fill_or_kill_counts_reserves_and_covered_aon_orders() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 5, 100, display_lots=1)
    driver.new(2, SELL, 4, 100, tif=AON)
    assert driver.new(3, BUY, 10, 100, tif=FOK)[1:] == [("cancelled", 3, 10, CancelReason.FILL_OR_KILL)]
    assert driver.new(4, BUY, 8, 100, tif=FOK)[1:] == [("cancelled", 4, 8, CancelReason.FILL_OR_KILL)]
    assert driver.new(5, BUY, 9, 100, tif=FOK)[-1] == ("traded", 5, 2, 4, 100)
    assert driver.rows() == []


@pytest.mark.parametrize("tif", [0, IOC])
def test_a_minimum_is_met_at_once_or_the_order_goes(tif: int) -> None:
    driver = BookDriver()
    driver.new(1, SELL, 3, 100)
    assert driver.new(2, BUY, 5, 100, tif=tif, min_lots=4)[1:] == [("cancelled", 2, 5, CancelReason.MINIMUM)]
    expected = driver.new(3, BUY, 5, 100, tif=tif, min_lots=3)[1:]
    assert expected[0] == ("traded", 3, 1, 3, 100)
    assert expected[1:] == ([("cancelled", 3, 2, CancelReason.IMMEDIATE)] if tif else [])


def test_a_market_order_with_a_worst_price_stops_there_and_never_rests() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, 100)
    driver.new(2, SELL, 1, 103)
    expected = driver.new(3, BUY, 5, 102, kind=1)
    assert expected[1:] == [("traded", 3, 1, 1, 100), ("cancelled", 3, 4, CancelReason.IMMEDIATE)]


def test_post_only_rests_or_is_refused_and_hidden_orders_count() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, 100, hidden=True)
    driver.new(2, SELL, 1, 90, tif=AON)
    assert driver.new(3, BUY, 1, 100, post_only=True) == [("rejected", RejectCode.WOULD_TAKE)]
    assert driver.new(3, BUY, 1, 99, post_only=True) == [
        ("accepted", 3, 1, 99),
        ("triggered", 2, 1, 90),
        ("traded", 2, 3, 1, 99),
    ]


def test_post_only_slides_one_tick_behind_the_touch_also_on_modify() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, 100)
    assert driver.new(2, BUY, 1, 105, post_only=True, slide=True) == [("accepted", 2, 1, 99)]
    assert driver.modify(2, 1, 200) == [("modified", 2, 1, 99, Priority.LOST)]
    driver.new(3, BUY, 1, 98)
    assert driver.new(4, SELL, 1, 98, post_only=True, slide=True) == [("accepted", 4, 1, 100)]


SELF_TRADES: list[tuple[SelfTrade, int, list[EventRow], list[EventRow]]] = [
    (SelfTrade.NONE, 6, [("traded", 9, 2, 4, 100), ("traded", 9, 3, 2, 100)], [(3, 3, 3, 100)]),
    (SelfTrade.NEWEST, 6, [("self", 9, 6)], [(2, 4, 4, 100), (3, 5, 5, 100)]),
    (SelfTrade.OLDEST, 6, [("self", 2, 4), ("traded", 9, 3, 5, 100)], [(9, 1, 1, 100)]),
    (SelfTrade.BOTH, 6, [("self", 2, 4), ("self", 9, 6)], [(3, 5, 5, 100)]),
    (SelfTrade.DECREMENT, 6, [("self", 2, 4), ("self", 9, 4), ("traded", 9, 3, 2, 100)], [(3, 3, 3, 100)]),
    (SelfTrade.DECREMENT, 3, [("self", 2, 3), ("self", 9, 3)], [(2, 1, 1, 100), (3, 5, 5, 100)]),
]


@pytest.mark.parametrize(("mode", "lots", "expected", "rows"), SELF_TRADES)
def test_self_trade_prevention(
    mode: SelfTrade, lots: int, expected: list[EventRow], rows: list[EventRow]
) -> None:
    driver = BookDriver()
    driver.new(2, SELL, 4, 100, participant=7)
    driver.new(3, SELL, 5, 100, participant=8)
    events = driver.new(9, BUY, lots, 100, participant=7, self_trade=mode)[1:]
    expected = [("cancelled", *t[1:], CancelReason.SELF_TRADE) if t[0] == "self" else t for t in expected]
    assert events == expected
    assert driver.rows() == rows


def test_self_trade_prevention_ignores_orders_without_owner() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 4, 100)
    assert driver.new(2, BUY, 4, 100, self_trade=SelfTrade.BOTH)[1:] == [("traded", 2, 1, 4, 100)]


def test_a_decremented_iceberg_gives_up_its_reserve_and_keeps_its_place() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 9, 100, display_lots=2, participant=7)
    driver.new(2, SELL, 1, 100)
    driver.new(3, BUY, 5, 100, participant=7, self_trade=SelfTrade.DECREMENT)
    assert driver.rows() == [(1, 4, 2, 100), (2, 1, 1, 100)]


@pytest.mark.parametrize(("mode", "trades"), [(SelfTrade.NEWEST, False), (SelfTrade.OLDEST, True)])
def test_the_fill_check_ends_at_an_own_order_or_skips_it(mode: SelfTrade, trades: bool) -> None:
    driver = BookDriver()
    driver.new(1, SELL, 5, 100, participant=7)
    driver.new(2, SELL, 5, 100, participant=8)
    expected = driver.new(3, BUY, 5, 100, tif=FOK, participant=7, self_trade=mode)
    assert (expected[-1] == ("traded", 3, 2, 5, 100)) is trades
    assert (expected[-1] == ("cancelled", 3, 5, CancelReason.FILL_OR_KILL)) is not trades


def test_a_modified_order_keeps_its_attributes() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 9, 100, display_lots=2, tif=DAY)
    driver.modify(1, 10, 101)
    assert driver.rows() == [(1, 10, 2, 101)]
    assert driver.clock(1, end_of_day=True)[0] == ("cancelled", 1, 10, CancelReason.EXPIRED)


def test_a_modified_aon_order_arrives_as_one() -> None:
    driver = BookDriver()
    driver.new(1, BUY, 5, 90, tif=AON)
    driver.new(2, SELL, 4, 100)
    assert driver.modify(1, 5, 100) == [("modified", 1, 5, 100, Priority.LOST)]
    driver.new(3, SELL, 1, 101)
    assert driver.modify(1, 5, 101)[1:] == [("traded", 1, 2, 4, 100), ("traded", 1, 3, 1, 101)]


def test_a_market_order_without_a_limit_takes_any_price() -> None:
    driver = BookDriver()
    driver.new(1, SELL, 1, 2**63 - 1)
    assert driver.new(2, BUY, 1) == [("accepted", 2, 1, NO_PRICE), ("traded", 2, 1, 1, 2**63 - 1)]
