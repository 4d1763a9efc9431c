"""Limit states, trading pauses and reopenings (section 4.12 of the specification)."""

from __future__ import annotations

import pytest

from obengine.api.messages import MAX_ID, NO_SIDE, BandMode, CancelReason, EventKind
from obengine.reference.book import ReferenceBook
from tests.unit.engine.book_driver import (
    AON,
    AUCTION,
    BUY,
    HALT,
    OPEN,
    SELL,
    BookDriver,
    Priority,
    RejectCode,
)

MS = 1_000_000
LEFT = ("limit_state", 0, 0, 0)


def paused_by_band(reference: int = 100, width: int = 5) -> BookDriver:
    """A band from 95 to 105; a limit state of 15 ms, a pause of 300 ms; the clock at 1 ms."""
    driver = BookDriver(symbols=2)
    driver.book.set_band(BandMode.PAUSE, reference, width, limit_ms=15, pause_ms=300)
    driver.clock(1 * MS)
    return driver


def test_limits_are_brought_inside_the_band() -> None:
    driver = paused_by_band()
    assert driver.new(1, BUY, 5, 109)[0] == ("accepted", 1, 5, 105)
    assert driver.new(2, BUY, 5, 90) == [("accepted", 2, 5, 90)]
    assert driver.modify(2, 5, 120) == [("modified", 2, 5, 105, Priority.LOST)]
    assert driver.modify(2, 4, 120) == [("modified", 2, 4, 105, Priority.KEPT)]
    assert driver.rows() == [(1, 5, 5, 105), (2, 4, 4, 105)]


def test_a_limit_state_begins_a_pause_after_its_time_and_an_auction_ends_it() -> None:
    driver = paused_by_band()
    assert driver.new(1, BUY, 5, 105)[1:] == [("limit_state", 16 * MS, 0, 105)]
    assert driver.new(2, BUY, 5, 105) == [("accepted", 2, 5, 105)]
    assert len(driver.clock(15 * MS)) == 1
    assert driver.clock(17 * MS)[1:] == [("state", AUCTION, -(2**63)), LEFT]
    assert driver.new(3, SELL, 8, 108) == [("accepted", 3, 8, 108)]
    assert driver.new(4, BUY, 8, 112) == [("accepted", 4, 8, 112)]
    assert driver.new(5, SELL, 1, 90) == [("accepted", 5, 1, 90)]
    assert driver.cancel(5)[0][0] == "cancelled"
    assert len(driver.clock(316 * MS)) == 1
    assert driver.clock(317 * MS)[1:] == [
        ("state", OPEN, -(2**63)),
        ("auction", 8, 108),
        ("traded", 4, 3, 8, 108),
    ]
    assert driver.book.snapshot().rules["price_ticks"].tolist() == [108]
    assert driver.new(6, BUY, 1, 120)[0] == ("accepted", 6, 1, 113)


def test_entering_open_cancels_what_is_outside_the_band_around_the_auction_price() -> None:
    driver = paused_by_band()
    driver.new(1, BUY, 9, 105, tif=AON)
    driver.new(2, SELL, 1, 110)
    driver.state(AUCTION)
    driver.new(3, BUY, 1, 98)
    driver.new(4, SELL, 1, 98)
    assert driver.state(OPEN)[1:] == [
        ("auction", 1, 98),
        ("traded", 3, 4, 1, 98),
        ("cancelled", 1, 9, CancelReason.BAND),
    ]
    driver.state(AUCTION)
    driver.new(5, BUY, 1, 104)
    assert driver.state(OPEN)[1:] == [("cancelled", 5, 1, CancelReason.BAND)]


def test_a_limit_state_ends_when_its_orders_are_gone() -> None:
    driver = paused_by_band()
    driver.new(1, SELL, 5, 95)
    assert driver.new(2, BUY, 5, 95)[-1] == LEFT
    assert driver.new(3, SELL, 5, 95)[-1] == ("limit_state", 16 * MS, 0, 95)
    driver.clock(10 * MS)
    assert driver.book.cancel(3)[-1].detail == NO_SIDE
    assert driver.new(4, BUY, 1, 105)[-1] == ("limit_state", 25 * MS, 0, 105)
    driver.cancel(4)
    assert driver.new(5, BUY, 5, 105, hidden=True) == [("accepted", 5, 5, 105)]
    assert driver.new(6, BUY, 5, 105, tif=AON) == [("accepted", 6, 5, 105)]
    assert len(driver.clock(99 * MS)) == 1


def test_a_limit_state_that_turns_to_the_other_side_begins_anew() -> None:
    driver = paused_by_band()
    driver.new(1, BUY, 5, 105)
    driver.clock(9 * MS)
    driver.book.set_band(BandMode.PAUSE, 110, 3, limit_ms=15, pause_ms=300)
    events = driver.book.submit(2, SELL, 5, 107)
    assert [(event.detail, event.order_id) for event in events if event.kind is EventKind.LIMIT_STATE] == [
        (SELL, 24 * MS)
    ]


def test_the_expiry_of_its_last_order_ends_a_limit_state_before_the_pause() -> None:
    driver = paused_by_band()
    driver.new(1, BUY, 5, 105, tif=3, expiry_ns=16 * MS)
    assert driver.clock(16 * MS) == [
        ("cancelled", 1, 5, CancelReason.EXPIRED),
        ("clock_set", 16 * MS, 1, 0),
        LEFT,
    ]


def test_a_state_command_ends_a_pause_and_a_new_band_does_not() -> None:
    driver = paused_by_band()
    driver.new(1, BUY, 5, 105)
    driver.clock(16 * MS)
    assert driver.state(HALT) == [("state", HALT, -(2**63))]
    assert len(driver.clock(900 * MS)) == 1
    driver.state(OPEN)
    driver.clock(915 * MS)
    driver.book.set_band(BandMode.NONE)
    assert driver.new(2, SELL, 1, 1) == [("accepted", 2, 1, 1)]
    assert driver.clock(1215 * MS)[1][:2] == ("state", OPEN)
    assert driver.new(3, BUY, 1, 500) == [("accepted", 3, 1, 500)]


def test_one_clock_makes_one_change_of_each_symbol_in_order() -> None:
    driver = paused_by_band()
    driver.book.set_band(BandMode.PAUSE, 50, 5, limit_ms=1, pause_ms=1, symbol=1)
    driver.new(1, BUY, 5, 55, symbol=1)
    driver.new(2, BUY, 5, 105)
    events = driver.book.set_clock(5_000 * MS)
    changes = [(event.symbol, event.detail) for event in events if event.kind is EventKind.STATE_CHANGED]
    assert changes == [(0, AUCTION), (1, AUCTION)]
    assert driver.clock(5_001 * MS)[1][:2] == ("state", OPEN)


def test_times_end_with_the_clock() -> None:
    driver = paused_by_band()
    driver.clock(MAX_ID - 5)
    assert driver.new(1, BUY, 5, 105)[1] == ("limit_state", MAX_ID, 0, 105)
    assert driver.clock(MAX_ID)[1][:2] == ("state", AUCTION)
    assert driver.clock(MAX_ID)[1][:2] == ("state", OPEN)


def test_a_stop_that_is_triggered_reaches_the_limit_state() -> None:
    driver = paused_by_band()
    driver.new(1, BUY, 3, 120, trigger_ticks=101)
    driver.new(2, SELL, 1, 101)
    assert driver.new(3, BUY, 1, 101)[2:] == [("triggered", 1, 3, 105), ("limit_state", 16 * MS, 0, 105)]


@pytest.mark.parametrize("times", [{"limit_ms": 0}, {"pause_ms": 0}, {"limit_ms": -1}])
def test_a_band_without_times_is_rejected(times: dict[str, int]) -> None:
    driver = BookDriver()
    events = driver.book.set_band(BandMode.PAUSE, 100, 5, **times)
    assert driver.rows_of(events) == [("rejected", RejectCode.BAD_RULE)]


@pytest.mark.parametrize("until", [16, 17])
def test_limit_states_and_pauses_survive_a_restore(until: int) -> None:
    driver, book = paused_by_band(), ReferenceBook(2)
    driver.new(1, BUY, 5, 105)
    driver.clock((until - 1) * MS)
    driver.clock(until * MS) if until == 17 else None
    book.restore(driver.book.snapshot())
    assert book.snapshot().rules["rule"].tolist() == [0, 128]
    expected = driver.clock(400 * MS)
    driver.book.book = book
    assert driver.clock(400 * MS) == expected
    assert expected[1][:2] == ("state", OPEN if until == 17 else AUCTION)
